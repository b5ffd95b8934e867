"""Plays automount(8), or systemd with x-systemd.automount, for one directory: autofs.rst of the kernel's documentation, protocol 5, type direct.

usage: automounter.py DIRECTORY COMMAND...

Says "armed" when the directory waits for its first visitor, "asked" for each time that COMMAND is run to mount on it, and then "mounted" or "failed".
A line of input is an idle time that is over: says "unmounted", lets the kernel know of it after another line, and says "expired"; or says "busy".
Takes all away at the end of its input.
Everything in its process group is let through by the kernel, everybody else waits for the answer.
"""

import ctypes
import fcntl
import os
import struct
import subprocess
import sys
import threading

READY, FAIL, CATATONIC, EXPIRE_MULTI = 0x9360, 0x9361, 0x9362, 0x40049366
MISSING_DIRECT, EXPIRE_DIRECT = 5, 6
IMMEDIATELY = 1
PACKET = struct.Struct("@iiIIQIIIII256s4x")  # struct autofs_v5_packet
DETACH = 2

libc = ctypes.CDLL(None, use_errno=True)
directory, command = sys.argv[1], sys.argv[2:]
os.setpgid(0, 0)
requests, kernels_end = os.pipe()
os.set_inheritable(requests, False)
options = f"fd={kernels_end},pgrp={os.getpgrp()},minproto=5,maxproto=5,direct"
if libc.mount(b"test", directory.encode(), b"autofs", 0, options.encode()) != 0:
    sys.exit(f"autofs: {os.strerror(ctypes.get_errno())}")
os.close(kernels_end)
root = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)


def say(word):
    print(word, flush=True)


def answer():
    """Until the kernel has nothing to ask any more."""
    while packet := os.read(requests, PACKET.size):
        _, kind, token, *_ = PACKET.unpack(packet)
        if kind == MISSING_DIRECT:
            say("asked")
            done = subprocess.run(command, stdin=subprocess.DEVNULL).returncode == 0
            fcntl.ioctl(root, READY if done else FAIL, token)
            say("mounted" if done else "failed")
        elif kind == EXPIRE_DIRECT:
            done = subprocess.run(["umount", directory]).returncode == 0
            say("unmounted" if done else "in use")
            sys.stdin.readline()
            fcntl.ioctl(root, READY if done else FAIL, token)


answering = threading.Thread(target=answer)
answering.start()
say("armed")
for _ in iter(sys.stdin.readline, ""):
    try:
        fcntl.ioctl(root, EXPIRE_MULTI, struct.pack("i", IMMEDIATELY))
        say("expired")
    except OSError as error:
        say(f"busy: {error}")
fcntl.ioctl(root, CATATONIC, 0)  # who waits gets ENOENT, and the pipe ends
answering.join()
while libc.umount2(directory.encode(), DETACH) == 0:
    pass
os.close(root)

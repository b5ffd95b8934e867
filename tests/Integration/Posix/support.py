"""What the cases share: names that nothing has used, files to try things on, and calls that must fail."""
import errno
import os
import stat
import sys

ROOT = sys.argv[1]
NOBODY = 65534
LONGEST = 255
_count = 0


def n(kind="f"):
    global _count
    _count += 1
    return os.path.join(ROOT, "%s%d" % (kind, _count))


def make(path=None, data=b"", mode=0o644):
    path = path or n()
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    os.write(fd, data)
    os.close(fd)
    os.chmod(path, mode)
    return path


def folder(path=None, mode=0o755):
    path = path or n("d")
    os.mkdir(path)
    os.chmod(path, mode)
    return path


def fails(code, call, *args, **named):
    codes = code if isinstance(code, tuple) else (code,)
    try:
        call(*args, **named)
    except OSError as e:
        assert e.errno in codes, "%s%r: %s instead of %s" % (
            call.__name__, args, errno.errorcode[e.errno], [errno.errorcode[c] for c in codes])
        return
    raise AssertionError("%s%r succeeded instead of %s" % (call.__name__, args, [errno.errorcode[c] for c in codes]))


def as_nobody(body, uid=NOBODY, gid=NOBODY):
    pid = os.fork()
    if pid == 0:
        status = 0
        try:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            body()
        except BaseException as e:
            sys.stderr.write("as uid %d: %r\n" % (uid, e))
            status = 1
        sys.stderr.flush()
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, "the part that runs as nobody failed"


def mode_of(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def changes_ctime(path, act):
    before = os.lstat(path).st_ctime_ns
    # The kernel's clock for time stamps ticks every 4 ms: until it has, equal times say nothing.
    probe = os.open("/tmp", os.O_TMPFILE | os.O_RDWR)
    while True:
        os.write(probe, b"x")
        if os.fstat(probe).st_mtime_ns > before:
            break
    os.close(probe)
    act()
    assert os.lstat(path).st_ctime_ns > before, "ctime of %s did not change" % path


def read(path):
    with open(path, "rb") as f:
        return f.read()

#!/usr/bin/python3
"""Write speed of a mount beside bare HTTP, and what a written file costs: makes the dataset, serves it, mounts it, runs `B flush`, removes everything.

usage: flush.py PROGRAM BENCHMARKS [--rtt MS] [--folder /dev/shm] [--write-back through] [OPTIONS OF `B flush`]

PROGRAM is datastorefs, BENCHMARKS the built benchmark program. At an RTT above 0 both ways go through `B relay`. Needs what mounting needs, nothing else.
"""
import argparse
import collections
import json
import os
import shutil
import subprocess
import tempfile
import urllib.request

WARM_UPS = 8  # of B flush, all to the first two timepoints

options = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
options.add_argument("program")
options.add_argument("benchmarks")
options.add_argument("--rtt", type=float, default=0)
options.add_argument("--folder", default="/dev/shm", help="where the server keeps its blocks; in memory, so that no disk plays a part")
options.add_argument("--write-back", default="through")
options.add_argument("--blocks", type=int, default=256)
options.add_argument("--repetitions", type=int, default=5)
options.add_argument("--serve", default="", help="options of the server")
options, rest = options.parse_known_args()


def start(*command):
    """Starts a program and returns it with the first line that it prints."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    running.append(process)
    return process, process.stdout.readline().strip()


def cpu(process):
    with open(f"/proc/{process.pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return sum(int(fields[i]) for i in (11, 12)) / os.sysconf("SC_CLK_TCK")


def status():
    return json.loads(subprocess.check_output([options.program, "status", mount, "--json"]))


top = tempfile.mkdtemp(prefix="flush-", dir=options.folder)
mount, log = os.path.join(top, "mount"), os.path.join(top, "access.log")
running = []
try:
    os.mkdir(mount)
    os.mkdir(os.path.join(top, "store"))
    served, line = start(options.program, "serve", os.path.join(top, "store"), "--urls", "http://127.0.0.1:0", "--access-log", log, *options.serve.split())
    address = line.rsplit("http://", 1)[1]
    timepoints = 2 * (options.repetitions + 1)
    dataset = {
        "voxelType": "uint16", "dimensions": [512, 512, 64 * -(-options.blocks // 64)], "timepoints": timepoints, "channels": 1,
        "voxelUnit": "um", "voxelResolution": [1, 1, 1], "compression": "raw",
        "resolutionLevels": [{"resolutions": [1, 1, 1], "blockDimensions": [64, 64, 64]}]}
    request = urllib.request.Request(f"http://{address}/datasets", json.dumps(dataset).encode(), {"Content-Type": "application/json"})
    uuid = urllib.request.urlopen(request).read().decode().strip()
    if options.rtt:
        _, address = start(options.benchmarks, "relay", address, str(options.rtt))
    source = f"http://{address}/datasets/{uuid}/0"
    environment = dict(os.environ, XDG_STATE_HOME=os.path.join(top, "state"))
    daemon = subprocess.Popen(
        [options.program, "mount", "-f", source, mount, "--read-write", "--write-back", options.write_back, "--cache-size", "256MiB"], env=environment)
    running.append(daemon)
    while not os.path.ismount(mount) or not os.path.exists(os.path.join(mount, "export.xml")):
        if daemon.poll() is not None:
            raise SystemExit("the mount failed")
    before = cpu(daemon)
    lines = sum(1 for _ in open(log))
    subprocess.run(
        [options.benchmarks, "flush", mount, source, "--blocks", str(options.blocks), "--repetitions", str(options.repetitions), *rest], check=True)
    files = options.blocks * (options.repetitions + WARM_UPS)
    print(f"daemon: {(cpu(daemon) - before) / (files * 524_304 / 1e9):.2f} CPU s/GB; kernel messages a file: " + ", ".join(
        f"{name} {count / files:.2f}" for name, count in sorted(status()["requests"].items()) if count > files / 20))
    with open(log) as f:
        entries = [entry.split() for entry in f][lines:]
    used = collections.defaultdict(lambda: collections.Counter())
    for entry in entries:
        used[entry[3]][entry[0]] += 1
    # A connection of the benchmark carries nothing but one POST a block.
    posts, gets = sum(c["POST"] for c in used.values()) - files, sum(c["GET"] for c in used.values())
    print(f"requests a file: POST {posts / files:.2f}, GET {gets / files:.2f}; connections: {len(used)}, of them {8 * (options.repetitions + WARM_UPS)} the benchmark's own")
finally:
    subprocess.run([options.program, "umount", mount], check=False)
    for process in reversed(running):
        process.terminate()
        process.wait()
    shutil.rmtree(top)

#!/usr/bin/env python3
"""What a server gives a client without a file system: N blocks a request over C connections, in random order.

    direct.py http://HOST:PORT/datasets/UUID/VERSION LEVEL [--blocks N] [--connections C] [--count K]

LEVEL is a folder of block files of setup 0, timepoint 0 at full resolution (.../setup0/timepoint0/s0), which says which blocks there are.
"""
import argparse
import glob
import http.client
import random
import threading
import time
import urllib.parse


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("level")
    parser.add_argument("--blocks", type=int, default=1, help="blocks a request")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--count", type=int, default=512, help="blocks in all")
    args = parser.parse_args()
    url = urllib.parse.urlsplit(args.dataset)
    base, version = url.path.rstrip("/").rsplit("/", 1)
    level = args.level.rstrip("/")
    blocks = sorted(tuple(map(int, path[len(level) + 1:].split("/"))) for path in glob.glob(level + "/[0-9]*/[0-9]*/[0-9]*"))
    if not blocks:
        parser.error(f"there are no block files below {level}")
    random.Random(3).shuffle(blocks)
    blocks = blocks[:args.count]
    requests = [blocks[i:i + args.blocks] for i in range(0, len(blocks), args.blocks)]
    number, gate, took, received, failures = len(requests), threading.Lock(), [], [], []

    def work():
        connection = http.client.HTTPConnection(url.hostname, url.port)
        while True:
            with gate:
                if not requests:
                    return
                request = requests.pop()
            began = time.monotonic()
            connection.request("GET", f"{base}/1/1/1/{version}" + "".join(f"/{x}/{y}/{z}/0/0/0" for x, y, z in request))
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                failures.append(f"{args.dataset} answered {answer.status}: {body[:200].decode(errors='replace')}")
                return
            took.append(time.monotonic() - began)
            received.append(len(body))

    threads = [threading.Thread(target=work) for _ in range(args.connections)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    if len(took) != number:
        raise SystemExit("\n".join(failures[:1] or ["no connection"]))
    took.sort()
    median, late = took[len(took) // 2] * 1e3, took[len(took) * 95 // 100] * 1e3
    print(f"{args.blocks} a request over {args.connections} connections: {sum(received) / seconds / 1e6:.0f} MB/s, "
          f"median {median:.0f} ms, 95th percentile {late:.0f} ms")


if __name__ == "__main__":
    main()

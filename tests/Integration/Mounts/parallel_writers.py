"""One of several programs that write blocks and other files of one mount at the same time, and read back what they wrote.

usage: parallel_writers.py MOUNT NUMBER

Each number below 12 has a block and a folder of its own; rows and folders above them are shared. Blocks as in random_operations.py.
"""
import os
import random
import sys

HEADER = bytes.fromhex("00000003" "00000040" "00000040" "00000010")
root, number = sys.argv[1], int(sys.argv[2])
chance = random.Random(number)
block = f"{root}/export.n5/setup0/timepoint3/s0/{number // 6}/{number // 3 % 2}/{number % 3}"
folder = f"{root}/work{number}"
os.makedirs(folder, exist_ok=True)
for i in range(120):
    image = HEADER + chance.randbytes(64 * 64 * 16 * 2)
    if i % 3 == 0:
        temporary = f"{os.path.dirname(block)}/.{number}.partial"
        with open(temporary, "wb") as f:
            f.write(image)
        os.rename(temporary, block)
    else:
        fd = os.open(block, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        os.write(fd, image[:50000])
        os.write(fd, image[50000:])
        os.close(fd)
    with open(block, "rb") as f:
        assert f.read() == image, f"writer {number}, round {i}: the block is not what was written"
    path, data = f"{folder}/f{i % 7}", chance.randbytes(chance.randrange(20000))
    with open(path, "wb") as f:
        f.write(data)
    with open(path, "rb") as f:
        assert f.read() == data, f"writer {number}, round {i}: {path} is not what was written"
    if i % 5 == 0:
        os.rename(path, f"{folder}/g")
        os.unlink(f"{folder}/g")

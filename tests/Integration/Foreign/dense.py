#!/usr/bin/python3
"""Reads every dataset of an N5 tree with zarr-python and prints what it saw, one line a dataset:

    setup0/timepoint0/s0 dims=[150, 130, 40] blocks=27 missing=0 dense=<sha256 of the volume, big-endian, x fastest>

usage: dense.py TREE [N5Store|N5FSStore]
"""
import hashlib
import os
import sys

import zarr
from zarr.n5 import N5FSStore, N5Store

tree = sys.argv[1].rstrip("/")
kind = sys.argv[2] if len(sys.argv) > 2 else "N5Store"
root = zarr.open_group({"N5Store": N5Store, "N5FSStore": N5FSStore}[kind](tree), mode="r")


def walk(group, path):
    for name, array in sorted(group.arrays()):
        yield f"{path}{name}", array
    for name, sub in sorted(group.groups()):
        yield from walk(sub, f"{path}{name}/")


for path, array in walk(root, ""):
    files = sum(len(names) - ("attributes.json" in names) for _, _, names in os.walk(os.path.join(tree, path)))
    grid = 1
    for size, chunk in zip(array.shape, array.chunks):
        grid *= -(-size // chunk)
    volume = array[:]
    dense = hashlib.sha256(volume.astype(volume.dtype.newbyteorder(">")).tobytes()).hexdigest()
    print(f"{path} dims={list(array.shape[::-1])} blocks={files} missing={grid - files} dense={dense}", flush=True)

#!/usr/bin/python3
"""Writes a level's blocks as files, the way other people's software does, and reads them back over HTTP.

usage: blocks.py write TREE IMAGE SEED      writes every block of IMAGE (such as setup0/timepoint0/s0) below TREE
       blocks.py zarr TREE IMAGE SEED STORE writes the whole image by zarr's N5Store or N5FSStore
       blocks.py http URL DTYPE DIMS BLOCK  reads the blocks below URL (.../datasets/UUID/1/1/1/0), DIMS and BLOCK as X,Y,Z

Each prints the sha256 of the volume, big-endian, x fastest. Voxels are a function of the seed.
"""
import bz2
import fcntl
import gzip
import hashlib
import itertools
import json
import lzma
import os
import struct
import sys
import urllib.request
import zlib

import numpy as np

M = 0xFFFFFFFF


def xxh32(data, seed):
    """xxHash32 as its specification has it; lz4-java checks every piece with it."""
    p1, p2, p3, p4, p5 = 2654435761, 2246822519, 3266489917, 668265263, 374761393
    rot = lambda x, r: ((x << r) | (x >> (32 - r))) & M
    i, n = 0, len(data)
    if n >= 16:
        v = [(seed + p1 + p2) & M, (seed + p2) & M, seed, (seed - p1) & M]
        while i <= n - 16:
            for k in range(4):
                v[k] = rot((v[k] + struct.unpack_from("<I", data, i)[0] * p2) & M, 13) * p1 & M
                i += 4
        h = (rot(v[0], 1) + rot(v[1], 7) + rot(v[2], 12) + rot(v[3], 18)) & M
    else:
        h = (seed + p5) & M
    h = (h + n) & M
    while i <= n - 4:
        h = rot((h + struct.unpack_from("<I", data, i)[0] * p3) & M, 17) * p4 & M
        i += 4
    while i < n:
        h = rot((h + data[i] * p5) & M, 11) * p1 & M
        i += 1
    h = ((h ^ (h >> 15)) * p2) & M
    h = ((h ^ (h >> 13)) * p3) & M
    return h ^ (h >> 16)


def lz4_block_stream(data):
    """lz4-java's LZ4Block framing; pieces are stored, as that library does with what does not shrink."""
    out, token = b"", 6  # 2^(10 + 6) = 65536 bytes a piece
    for i in range(0, len(data), 65536):
        piece = data[i:i + 65536]
        out += b"LZ4Block" + struct.pack("<BIII", 0x10 | token, len(piece), len(piece), xxh32(piece, 0x9747B28C) & 0x0FFFFFFF) + piece
    return out + b"LZ4Block" + struct.pack("<BIII", 0x10 | token, 0, 0, 0)


PACK = [lambda d: d, lambda d: gzip.compress(d, 6), lambda d: zlib.compress(d), bz2.compress, lambda d: lzma.compress(d, preset=1), lz4_block_stream]


def whole(path, data):
    with open(path, "wb") as f:
        f.write(data)


def pieces(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    for i in range(0, len(data), 512):
        os.write(fd, data[i:i + 512])
    os.close(fd)


def java(path, data):
    """open without truncation, lock, cut only what is there, then tiny writes: 2, 2, 4, 4, 4, 10, then 512 bytes."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    fcntl.lockf(fd, fcntl.LOCK_EX)
    if os.fstat(fd).st_size > 0:
        os.ftruncate(fd, 0)
    at = 0
    for size in itertools.chain((2, 2, 4, 4, 4, 10), itertools.repeat(512)):
        if at >= len(data):
            break
        os.write(fd, data[at:at + size])
        at += size
    fcntl.lockf(fd, fcntl.LOCK_UN)
    os.close(fd)


def renamed(path, data):
    temporary = path + ".0123456789abcdef0123456789abcdef.partial"
    whole(temporary, data)
    os.rename(temporary, path)


WAYS = [whole, pieces, java, renamed]


def make(attributes, seed):
    shape = attributes["dimensions"][::-1]
    dtype = np.dtype(attributes["dataType"])
    rng = np.random.default_rng(seed)
    volume = rng.integers(0, 100, shape).astype(dtype) if dtype.kind == "f" else rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype)
    return volume + dtype.type(0.25) if dtype.kind == "f" else volume


def digest(volume):
    return hashlib.sha256(volume.astype(volume.dtype.newbyteorder(">")).tobytes()).hexdigest()


def grid(dims, block):
    return itertools.product(*(range(-(-d // b)) for d, b in zip(dims, block)))


if sys.argv[1] == "write":
    root = os.path.join(sys.argv[2], sys.argv[3])
    with open(os.path.join(root, "attributes.json")) as f:
        attributes = json.load(f)
    volume = make(attributes, int(sys.argv[4]))
    block = attributes["blockSize"]
    for n, (x, y, z) in enumerate(grid(attributes["dimensions"], block)):
        part = volume[z * block[2]:(z + 1) * block[2], y * block[1]:(y + 1) * block[1], x * block[0]:(x + 1) * block[0]]
        size = part.shape[::-1]
        if n % 5 == 4:  # as zarr does: edge blocks at full size
            part = np.pad(part, [(0, b - s) for b, s in zip(block[::-1], part.shape)])
            size = block
        payload = part.astype(part.dtype.newbyteorder(">")).tobytes()
        data = struct.pack(">HHIII", 0, 3, *size) + PACK[n % len(PACK)](payload)
        path = os.path.join(root, str(x), str(y), str(z))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        WAYS[(n // len(PACK)) % len(WAYS)](path, data)
    print(digest(volume))
elif sys.argv[1] == "zarr":
    import zarr
    from zarr.n5 import N5FSStore, N5Store
    with open(os.path.join(sys.argv[2], sys.argv[3], "attributes.json")) as f:
        volume = make(json.load(f), int(sys.argv[4]))
    store = {"N5Store": N5Store, "N5FSStore": N5FSStore}[sys.argv[5]](sys.argv[2])
    zarr.open_array(store, path=sys.argv[3], mode="r+")[:] = volume
    print(digest(volume))
else:
    dims, block = ([int(n) for n in a.split(",")] for a in sys.argv[4:6])
    volume = np.zeros(dims[::-1], np.dtype(sys.argv[3]))
    for x, y, z in grid(dims, block):
        with urllib.request.urlopen(f"{sys.argv[2]}/{x}/{y}/{z}/0/0/0") as answer:
            body = answer.read()
        size = struct.unpack(">3i", body[:12])
        if size != (-1, -1, -1):
            part = np.frombuffer(body, volume.dtype.newbyteorder(">"), offset=12).reshape(size[::-1])
            volume[z * block[2]:z * block[2] + size[2], y * block[1]:y * block[1] + size[1], x * block[0]:x * block[0] + size[0]] = part
    print(digest(volume))

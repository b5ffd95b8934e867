#!/usr/bin/env python3
"""Packs blocks of the raw tree with other people's compressors, so that our decoders are not only tested on our own encoders' output.

Needs python3 (zlib, bz2, lzma) and liblz4.so.1. Run here; writes foreign/*.n5block.
"""
import bz2
import ctypes
import gzip
import lzma
import os
import struct
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
M = 0xFFFFFFFF
P1, P2, P3, P4, P5 = 2654435761, 2246822519, 3266489917, 668265263, 374761393


def rotl(value, count):
    return ((value << count) | (value >> (32 - count))) & M


def xxh32(data, seed):
    """Straight from the published description of xxHash."""
    at = 0
    if len(data) >= 16:
        sums = [(seed + P1 + P2) & M, (seed + P2) & M, seed, (seed - P1) & M]
        while at <= len(data) - 16:
            for lane, word in enumerate(struct.unpack_from("<4I", data, at)):
                sums[lane] = rotl((sums[lane] + word * P2) & M, 13) * P1 & M
            at += 16
        h = sum(rotl(s, r) for s, r in zip(sums, (1, 7, 12, 18))) & M
    else:
        h = (seed + P5) & M
    h = (h + len(data)) & M
    while at <= len(data) - 4:
        h = rotl((h + struct.unpack_from("<I", data, at)[0] * P3) & M, 17) * P4 & M
        at += 4
    for byte in data[at:]:
        h = rotl((h + byte * P5) & M, 11) * P1 & M
    h = (h ^ (h >> 15)) * P2 & M
    h = (h ^ (h >> 13)) * P3 & M
    return h ^ (h >> 16)


def lz4_pieces(data, piece, high):
    library = ctypes.CDLL("liblz4.so.1")
    out = b""
    for at in range(0, len(data), piece):
        plain = data[at:at + piece]
        room = ctypes.create_string_buffer(library.LZ4_compressBound(len(plain)))
        size = (library.LZ4_compress_HC(plain, room, len(plain), len(room), 9) if high
                else library.LZ4_compress_default(plain, room, len(plain), len(room)))
        packed, method = (room.raw[:size], 0x20) if size < len(plain) else (plain, 0x10)
        token = method | max(piece.bit_length() - 1 - 10, 0)
        out += b"LZ4Block" + struct.pack("<BiiI", token, len(packed), len(plain), xxh32(plain, 0x9747B28C) & 0x0FFFFFFF) + packed
    return out + b"LZ4Block" + struct.pack("<BiiI", 0x10 | max(piece.bit_length() - 1 - 10, 0), 0, 0, 0)


def main():
    os.makedirs(os.path.join(HERE, "foreign"), exist_ok=True)
    with open(os.path.join(HERE, "raw/export.n5/setup0/timepoint0/s2/0/0/1"), "rb") as file:
        block = file.read()
    header, voxels = block[:16], block[16:]
    # Repetitive and patterned: long matches, overlapping matches of every small offset, long literal runs.
    patterned = bytearray()
    for period in range(1, 41):
        patterned += bytes((i * 37 + period) & 0xFF for i in range(period)) * (600 // period)
        patterned += voxels[period * 97:period * 97 + period * 9]
    patterned += bytes(64 * 64 * 16 - len(patterned))
    smooth = struct.pack(">HHIII", 0, 3, 64, 64, 16)
    files = {
        "zlib": header + zlib.compress(voxels, 6),
        "gzip": header + gzip.compress(voxels, 9, mtime=0),
        "bzip2": header + bz2.compress(voxels, 9),
        "xz": header + lzma.compress(voxels, preset=6),
        "patterned.raw": smooth + bytes(patterned),
        "patterned.lz4": smooth + lz4_pieces(bytes(patterned), 65536, False),
        "patterned.lz4hc": smooth + lz4_pieces(bytes(patterned), 16384, True),
        "varlength": struct.pack(">H", 1) + header[2:] + struct.pack(">I", len(voxels) // 2) + voxels,
    }
    for name, content in files.items():
        with open(os.path.join(HERE, "foreign", name + ".n5block"), "wb") as file:
            file.write(content)


main()

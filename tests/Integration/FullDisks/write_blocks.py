"""write_blocks.py MOUNT FOLDER: copies FOLDER/X-Y-Z to the block X/Y/Z, all of them, and prints "X-Y-Z ok" or "X-Y-Z ERRNO" for each.

write_blocks.py --sync MOUNT NAME...: fsync of blocks that were written before.
"""
import errno
import os
import sys


def block(mount, name):
    return "%s/export.n5/setup0/timepoint0/s0/%s" % (mount, name.replace("-", "/"))


def write(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        for at in range(0, len(data), 16 << 10):
            os.write(fd, data[at:at + (16 << 10)])
    except OSError:
        try:
            os.close(fd)
        except OSError:
            pass  # half a block is refused once more, and the first answer counts
        raise
    os.close(fd)


if sys.argv[1] == "--sync":
    for name in sys.argv[3:]:
        fd = os.open(block(sys.argv[2], name), os.O_RDWR)
        os.fsync(fd)
        os.close(fd)
else:
    for name in sorted(os.listdir(sys.argv[2])):
        with open(os.path.join(sys.argv[2], name), "rb") as source:
            content = source.read()
        try:
            write(block(sys.argv[1], name), content)
            print(name, "ok")
        except OSError as e:
            print(name, errno.errorcode[e.errno])

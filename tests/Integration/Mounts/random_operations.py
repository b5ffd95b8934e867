"""Seeded random file operations on a mount, each compared with a model in memory. Standard library only.

usage: random_operations.py MOUNT STATE SEED COUNT

STATE keeps the model between runs, so that a remount can come in between. The mount is writable, tells missing blocks, and has uint16 blocks of
64 x 64 x 16 voxels in export.n5/setup0/timepoint3/s0 with a full (unclipped) grid of 2 x 2 x 3.
"""
import errno
import os
import pickle
import random
import sys

HEADER = bytes.fromhex("00000003" "00000040" "00000040" "00000010")
PAYLOAD = 64 * 64 * 16 * 2
LEVEL = "export.n5/setup0/timepoint3/s0"
ROWS = [f"{LEVEL}/{x}/{y}" for x in range(2) for y in range(2)]
BLOCKS = [f"{row}/{z}" for row in ROWS for z in range(3)]

OTHERS = {"": {"export.n5"}, "export.n5": {"setup0", "attributes.json"}, "export.n5/setup0": {"timepoint3"}}  # never touched


class File:
    def __init__(self, data=b""):
        self.data = bytearray(data)


class Model:
    def __init__(self, root):
        self.dirs = {"", "export.n5", "export.n5/setup0"} | set(ROWS)
        self.files = {}  # path -> File; hard links share it
        self.blocks = {}  # path -> bytes
        for path in ("export.xml", "export.n5/setup0/attributes.json"):
            with open(f"{root}/{path}", "rb") as f:
                self.files[path] = File(f.read())

    def children(self, folder):
        prefix = folder + "/" if folder else ""
        return {p[len(prefix):] for p in list(self.files) + list(self.dirs) + list(self.blocks)
                if p != folder and p.startswith(prefix) and "/" not in p[len(prefix):]}


class Run:
    def __init__(self, root, model, seed):
        self.root, self.model, self.random = root, model, random.Random(seed)
        self.open = []  # (fd, File)

    def path(self, relative):
        return f"{self.root}/{relative}"

    def data(self, most=20000):
        return self.random.randbytes(self.random.choice([0, 1, 10, 511, 4096, self.random.randrange(most)]))

    def folder(self):
        return self.random.choice(sorted(self.model.dirs))

    def name(self, folder):
        n = f"f{self.random.randrange(12)}"
        return f"{folder}/{n}" if folder else n

    def file(self):
        return self.random.choice(sorted(self.model.files)) if self.model.files else None

    def expect(self, error, call):
        try:
            call()
        except OSError as e:
            assert e.errno == error, f"expected {errno.errorcode.get(error)}, got {e}"
            return
        raise AssertionError(f"expected {errno.errorcode.get(error)}, got success")

    # -- the overlay

    def op_create(self):
        path = self.name(self.folder())
        m = self.model
        if path in m.dirs:
            return self.expect(errno.EISDIR, lambda: os.close(os.open(self.path(path), os.O_WRONLY | os.O_CREAT)))
        flags = self.random.choice([os.O_WRONLY, os.O_RDWR]) | os.O_CREAT | self.random.choice([0, os.O_TRUNC, os.O_EXCL])
        if flags & os.O_EXCL and path in m.files:
            return self.expect(errno.EEXIST, lambda: os.open(self.path(path), flags))
        fd = os.open(self.path(path), flags, 0o644)
        f = m.files.setdefault(path, File())
        if flags & os.O_TRUNC:
            f.data.clear()
        self.put(fd, f)
        self.keep(fd, f, flags)

    def keep(self, fd, f, flags):
        if self.random.random() < 0.3 and len(self.open) < 10 and flags & os.O_RDWR:
            self.open.append((fd, f))
        else:
            os.close(fd)

    def put(self, fd, f):
        for _ in range(self.random.randrange(4)):
            at, data = self.random.randrange(30000), self.data()
            os.pwrite(fd, data, at)
            if data:
                f.data.extend(bytes(max(0, at - len(f.data))))
                f.data[at:at + len(data)] = data

    def op_write(self):
        path = self.file()
        f = self.model.files[path]
        fd = os.open(self.path(path), os.O_RDWR)
        self.put(fd, f)
        if self.random.random() < 0.1:
            os.fsync(fd)
        self.keep(fd, f, os.O_RDWR)

    def op_append(self):
        path = self.file()
        data = self.data()
        with open(self.path(path), "ab") as h:
            h.write(data)
        self.model.files[path].data.extend(data)

    def op_use_open(self):
        if not self.open:
            return
        i = self.random.randrange(len(self.open))
        fd, f = self.open[i]
        self.put(fd, f)
        assert os.fstat(fd).st_size == len(f.data)
        assert os.pread(fd, 100000, 0) == bytes(f.data)
        if self.random.random() < 0.5:
            os.close(fd)
            del self.open[i]

    def op_read(self):
        path = self.file()
        f = self.model.files[path]
        assert os.stat(self.path(path)).st_size == len(f.data), path
        with open(self.path(path), "rb") as h:
            at = self.random.randrange(max(1, len(f.data)))
            h.seek(at)
            assert h.read(5000) == bytes(f.data[at:at + 5000]), path
            h.seek(0)
            assert h.read() == bytes(f.data), path

    def op_truncate(self):
        path = self.file()
        size = self.random.randrange(30000)
        os.truncate(self.path(path), size)
        f = self.model.files[path]
        f.data.extend(bytes(max(0, size - len(f.data))))
        del f.data[size:]

    def op_unlink(self):
        path = self.file()
        os.unlink(self.path(path))
        del self.model.files[path]
        self.expect(errno.ENOENT, lambda: os.stat(self.path(path)))

    def op_link(self):
        m = self.model
        source, target = self.file(), self.name(self.folder())
        if target in m.files or target in m.dirs:
            return self.expect(errno.EEXIST, lambda: os.link(self.path(source), self.path(target)))
        os.link(self.path(source), self.path(target))
        m.files[target] = m.files[source]

    def op_rename(self):
        m = self.model
        source, target = self.file(), self.name(self.folder())
        if target in m.dirs:
            error = errno.ENOTEMPTY if source.startswith(target + "/") else errno.EISDIR  # the kernel's order of checks
            return self.expect(error, lambda: os.rename(self.path(source), self.path(target)))
        os.rename(self.path(source), self.path(target))
        if m.files.get(target) is not m.files[source]:  # two links of one file: POSIX does nothing
            m.files[target] = m.files.pop(source)

    def op_mkdir(self):
        path = self.name(self.folder())
        if path in self.model.dirs or path in self.model.files:
            return self.expect(errno.EEXIST, lambda: os.mkdir(self.path(path)))
        os.mkdir(self.path(path))
        self.model.dirs.add(path)

    def own_dirs(self):
        return sorted(d for d in self.model.dirs if d.rsplit("/", 1)[-1].startswith("f"))

    def op_rmdir(self):
        own = self.own_dirs()
        if not own:
            return
        path = self.random.choice(own)
        if self.model.children(path):
            return self.expect(errno.ENOTEMPTY, lambda: os.rmdir(self.path(path)))
        os.rmdir(self.path(path))
        self.model.dirs.remove(path)

    def op_rename_dir(self):
        m, own = self.model, self.own_dirs()
        if not own:
            return
        source, target = self.random.choice(own), self.name(self.folder())
        if target == source:
            return os.rename(self.path(source), self.path(target))
        if target.startswith(source + "/"):
            return self.expect(errno.EINVAL, lambda: os.rename(self.path(source), self.path(target)))
        if target in m.files:
            return self.expect(errno.ENOTDIR, lambda: os.rename(self.path(source), self.path(target)))
        if target in m.dirs and m.children(target):
            return self.expect(errno.ENOTEMPTY, lambda: os.rename(self.path(source), self.path(target)))
        os.rename(self.path(source), self.path(target))
        m.dirs.discard(target)
        move = lambda p: target + p[len(source):] if p == source or p.startswith(source + "/") else p
        m.dirs = {move(d) for d in m.dirs}
        m.files = {move(p): f for p, f in m.files.items()}

    def op_list(self):
        folder = self.folder()
        expected = self.model.children(folder)
        found = set(os.listdir(self.path(folder)))
        expected |= OTHERS.get(folder, set())
        assert found == expected, f"{folder}: {sorted(found ^ expected)}"

    # -- blocks

    def image(self):
        return HEADER + self.random.randbytes(PAYLOAD)

    def op_block_write(self):
        path, image = self.random.choice(BLOCKS), self.image()
        flags = os.O_RDWR | os.O_CREAT | self.random.choice([0, os.O_TRUNC])
        fd = os.open(self.path(path), flags, 0o666)
        if os.fstat(fd).st_size and not flags & os.O_TRUNC and self.random.random() < 0.7:
            os.ftruncate(fd, 0)
        step = self.random.choice([512, 4096, 50000, len(image)])
        for at in range(0, len(image), step):
            os.write(fd, image[at:at + step])
        if self.random.random() < 0.2:
            os.fsync(fd)
        os.close(fd)
        self.model.blocks[path] = image

    def op_block_patch(self):
        if not self.model.blocks:
            return
        path = self.random.choice(sorted(self.model.blocks))
        image = bytearray(self.model.blocks[path])
        fd = os.open(self.path(path), os.O_RDWR)
        for _ in range(self.random.randrange(1, 4)):
            data = self.random.randbytes(self.random.randrange(1, 3000))
            at = self.random.randrange(16, len(image) - len(data))
            os.pwrite(fd, data, at)
            image[at:at + len(data)] = data
            assert os.pread(fd, len(data), at) == data
        os.close(fd)
        self.model.blocks[path] = bytes(image)

    def op_block_rename(self):
        path, image = self.random.choice(BLOCKS), self.image()
        temporary = f"{os.path.dirname(path)}/f.partial"
        with open(self.path(temporary), "wb") as h:
            h.write(image)
        os.rename(self.path(temporary), self.path(path))
        self.model.blocks[path] = image
        self.expect(errno.ENOENT, lambda: os.stat(self.path(temporary)))

    def op_block_read(self):
        path = self.random.choice(BLOCKS)
        if path not in self.model.blocks:
            return self.expect(errno.ENOENT, lambda: os.open(self.path(path), os.O_RDONLY))
        with open(self.path(path), "rb") as h:
            at = self.random.randrange(len(self.model.blocks[path]))
            h.seek(at)
            assert h.read(7000) == self.model.blocks[path][at:at + 7000], path
        with open(self.path(path), "rb") as h:
            assert h.read() == self.model.blocks[path], path
        assert os.stat(self.path(path)).st_size == len(HEADER) + PAYLOAD

    def op_block_refused(self):
        path = self.random.choice(BLOCKS)
        if path in self.model.blocks:
            self.expect(errno.EPERM, lambda: os.unlink(self.path(path)))
            fd = os.open(self.path(path), os.O_WRONLY | os.O_TRUNC)
            os.write(fd, b"no block at all")
            self.expect(errno.EINVAL, lambda: os.close(fd))
        else:
            os.close(os.open(self.path(path), os.O_RDWR | os.O_CREAT))  # opened and never written: nothing is sent

    def check_all(self):
        for path, f in self.model.files.items():
            with open(self.path(path), "rb") as h:
                assert h.read() == bytes(f.data), path
        for path, image in self.model.blocks.items():
            with open(self.path(path), "rb") as h:
                assert h.read() == image, path
        for folder in self.model.dirs:
            assert os.path.isdir(self.path(folder)), folder


def main():
    root, state, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if os.path.exists(state):
        with open(state, "rb") as f:
            model = pickle.load(f)
    else:
        model = Model(root)
    run = Run(root, model, seed)
    run.check_all()
    operations = sorted(n for n in dir(run) if n.startswith("op_"))
    weights = [3 if n in ("op_create", "op_read", "op_block_read", "op_write") else 1 for n in operations]
    for i in range(count):
        operation = run.random.choices(operations, weights)[0]
        if not model.files and operation not in ("op_create", "op_mkdir"):
            continue
        try:
            getattr(run, operation)()
        except (AssertionError, OSError) as e:
            raise SystemExit(f"seed {seed}, operation {i} {operation}: {type(e).__name__} {e}")
    for fd, _ in run.open:
        os.close(fd)
    run.check_all()
    with open(state, "wb") as f:
        pickle.dump(model, f)
    print(f"{count} operations, {len(model.files)} files, {len(model.dirs)} folders, {len(model.blocks)} blocks")


main()

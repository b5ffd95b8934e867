"""open(2), its flags and its permissions; listings; extended attributes."""
import errno
import os

from support import LONGEST, NOBODY, ROOT, as_nobody, fails, folder, make, mode_of, n, read


def open_creates_with_mode_and_umask():
    old = os.umask(0o027)
    try:
        p = n()
        os.close(os.open(p, os.O_CREAT | os.O_WRONLY, 0o666))
        assert mode_of(p) == 0o640, oct(mode_of(p))
    finally:
        os.umask(old)


def open_exclusive_refuses_what_exists():
    fails(errno.EEXIST, os.open, make(), os.O_CREAT | os.O_EXCL | os.O_RDWR)
    s = n()
    os.symlink("nowhere", s)
    fails(errno.EEXIST, os.open, s, os.O_CREAT | os.O_EXCL | os.O_RDWR)
    fails(errno.EEXIST, os.open, folder(), os.O_CREAT | os.O_EXCL | os.O_RDONLY)


def open_without_create_wants_a_file():
    fails(errno.ENOENT, os.open, n(), os.O_RDONLY)
    fails(errno.ENOENT, os.open, n() + "/x", os.O_CREAT | os.O_RDWR)
    fails(errno.ENOTDIR, os.open, make() + "/x", os.O_RDONLY)


def open_of_a_directory_for_writing_is_refused():
    d = folder()
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_RDONLY | os.O_TRUNC, os.O_WRONLY | os.O_TRUNC):
        fails(errno.EISDIR, os.open, d, flags)
    fails(errno.ENOTDIR, os.open, make(), os.O_RDONLY | os.O_DIRECTORY)


def open_truncates():
    p = make(data=b"12345")
    os.close(os.open(p, os.O_WRONLY | os.O_TRUNC))
    assert os.stat(p).st_size == 0


def open_appends():
    p = make(data=b"ab")
    fd = os.open(p, os.O_WRONLY | os.O_APPEND)
    os.lseek(fd, 0, os.SEEK_SET)
    os.write(fd, b"cd")
    os.close(fd)
    assert read(p) == b"abcd", read(p)


def open_follows_no_link_when_told():
    s = n()
    os.symlink(make(), s)
    fails(errno.ELOOP, os.open, s, os.O_RDONLY | os.O_NOFOLLOW)


def open_of_a_loop_of_links():
    a, b = n(), n()
    os.symlink(b, a)
    os.symlink(a, b)
    fails(errno.ELOOP, os.open, a, os.O_RDONLY)
    fails(errno.ELOOP, os.open, a + "/x", os.O_RDONLY)


def open_asks_permission():
    p = make(data=b"x", mode=0o600)
    r = make(data=b"x", mode=0o444)
    w = make(data=b"x", mode=0o222)

    def body():
        fails(errno.EACCES, os.open, p, os.O_RDONLY)
        fails(errno.EACCES, os.open, r, os.O_WRONLY)
        fails(errno.EACCES, os.open, r, os.O_RDONLY | os.O_TRUNC)
        fails(errno.EACCES, os.open, w, os.O_RDONLY)
        os.close(os.open(r, os.O_RDONLY))
        os.close(os.open(w, os.O_WRONLY))
    as_nobody(body)


def open_creates_only_where_permitted_and_for_its_caller():
    d, e = folder(mode=0o755), folder(mode=0o777)

    def body():
        fails(errno.EACCES, os.open, d + "/x", os.O_CREAT | os.O_WRONLY)
        os.close(os.open(e + "/x", os.O_CREAT | os.O_WRONLY, 0o600))
    as_nobody(body)
    assert (os.stat(e + "/x").st_uid, os.stat(e + "/x").st_gid) == (NOBODY, NOBODY)


def open_of_a_fifo_without_a_reader():
    p = n()
    os.mkfifo(p)
    fails(errno.ENXIO, os.open, p, os.O_WRONLY | os.O_NONBLOCK)
    os.close(os.open(p, os.O_RDONLY | os.O_NONBLOCK))


def a_fifo_carries_bytes():
    p = n()
    os.mkfifo(p)
    r = os.open(p, os.O_RDONLY | os.O_NONBLOCK)
    w = os.open(p, os.O_WRONLY)
    os.write(w, b"through")
    assert os.read(r, 100) == b"through"
    os.close(r)
    os.close(w)


def names_up_to_the_limit():
    p = os.path.join(ROOT, "x" * LONGEST)
    make(p)
    os.unlink(p)
    q = os.path.join(ROOT, "y" * (LONGEST + 1))
    for call in (lambda: os.open(q, os.O_CREAT | os.O_WRONLY), lambda: os.mkdir(q), lambda: os.mkfifo(q), lambda: os.symlink("a", q),
                 lambda: os.link(make(), q), lambda: os.rename(make(), q), lambda: os.unlink(q), lambda: os.rmdir(q), lambda: os.chmod(q, 0o600),
                 lambda: os.truncate(q, 0)):
        fails(errno.ENAMETOOLONG, call)
    fails(errno.ENAMETOOLONG, os.stat, ROOT + "/x" * 2100)



def listings_show_what_there_is():
    d = folder()
    names = ["f%d" % i for i in range(500)]
    for name in names:
        make(os.path.join(d, name))
    assert sorted(os.listdir(d)) == sorted(names)
    for name in names[::2]:
        os.unlink(os.path.join(d, name))
    assert sorted(os.listdir(d)) == sorted(names[1::2])
    with os.scandir(d) as entries:
        assert all(e.is_file() and e.inode() == os.stat(e.path).st_ino for e in entries)


def listings_ask_permission():
    d = folder(mode=0o711)
    make(d + "/x")
    e = folder(mode=0o644)
    make(e + "/x")

    def body():
        fails(errno.EACCES, os.listdir, d)
        os.stat(d + "/x")
        fails(errno.EACCES, os.stat, e + "/x")
    as_nobody(body)


def names_may_have_any_letters():
    for name in ("with space", "new\nline", "\u00fc\u4e2d", "*?[", "-rf", ".hidden", "tilde~", ".dsfs.w.x", ".dsfs.opaque", "a" * 200):
        p = os.path.join(ROOT, name)
        make(p, name.encode())
        assert read(p) == name.encode() and name in os.listdir(ROOT)
        os.unlink(p)
        assert name not in os.listdir(ROOT)


def access_asks_the_mode():
    p = make(mode=0o640)

    def body():
        assert not os.access(p, os.R_OK) and not os.access(p, os.W_OK) and os.access(p, os.F_OK)
    as_nobody(body)
    assert os.access(p, os.R_OK | os.W_OK) and not os.access(p, os.X_OK)


def extended_attributes():
    p = make()
    os.setxattr(p, "user.a", b"1")
    os.setxattr(p, "user.b", b"")
    assert os.getxattr(p, "user.a") == b"1" and sorted(os.listxattr(p)) == ["user.a", "user.b"]
    fails(errno.EEXIST, os.setxattr, p, "user.a", b"2", os.XATTR_CREATE)
    fails(errno.ENODATA, os.setxattr, p, "user.c", b"2", os.XATTR_REPLACE)
    os.removexattr(p, "user.a")
    fails(errno.ENODATA, os.getxattr, p, "user.a")


def allocation_makes_room():
    p = make()
    fd = os.open(p, os.O_RDWR)
    os.posix_fallocate(fd, 0, 10000)
    assert os.fstat(fd).st_size == 10000
    os.close(fd)


def shared_mappings_are_the_file():
    import mmap
    p = make(data=bytes(8192))
    with open(p, "r+b") as f:
        m = mmap.mmap(f.fileno(), 8192)
        m[4000:4200] = b"m" * 200
        m.flush()
        m.close()
    assert read(p)[4000:4200] == b"m" * 200

"""Mode, owner, length and times: chmod, chown, truncate, ftruncate, utimensat."""
import errno
import os
import stat
import time

from support import NOBODY, as_nobody, changes_ctime, fails, folder, make, mode_of, n, read


def chmod_changes_the_mode():
    for p in (make(), folder()):
        for mode in (0o000, 0o111, 0o644, 0o7777 if os.path.isdir(p) else 0o6777):
            changes_ctime(p, lambda: os.chmod(p, mode))
            assert mode_of(p) == mode, oct(mode_of(p))
    p = n()
    os.mkfifo(p)
    os.chmod(p, 0o640)
    assert mode_of(p) == 0o640
    fails(errno.ENOENT, os.chmod, n(), 0o600)
    fails(errno.ENOTDIR, os.chmod, make() + "/x", 0o600)


def chmod_follows_links():
    p, s = make(mode=0o600), n()
    os.symlink(p, s)
    os.chmod(s, 0o640)
    assert mode_of(p) == 0o640
    d = n()
    os.symlink("nowhere", d)
    fails(errno.ENOENT, os.chmod, d, 0o600)


def chmod_is_the_owners():
    p = make(mode=0o666)
    as_nobody(lambda: fails(errno.EPERM, os.chmod, p, 0o600))
    os.chown(p, NOBODY, NOBODY)
    as_nobody(lambda: os.chmod(p, 0o600))
    assert mode_of(p) == 0o600


def chmod_drops_setgid_of_a_foreign_group():
    p = make()
    os.chown(p, NOBODY, 0)
    as_nobody(lambda: os.chmod(p, 0o2755))
    assert mode_of(p) == 0o755, oct(mode_of(p))


def chown_changes_owner_and_group():
    p = make()
    changes_ctime(p, lambda: os.chown(p, 123, 456))
    assert (os.stat(p).st_uid, os.stat(p).st_gid) == (123, 456)
    os.chown(p, -1, 457)
    os.chown(p, 124, -1)
    assert (os.stat(p).st_uid, os.stat(p).st_gid) == (124, 457)
    s = n()
    os.symlink(p, s)
    os.chown(s, 125, 458)
    os.lchown(s, 126, 459)
    assert (os.stat(p).st_uid, os.lstat(s).st_uid, os.lstat(s).st_gid) == (125, 126, 459)
    fails(errno.ENOENT, os.chown, n(), 1, 1)
    fails(errno.ENOTDIR, os.chown, make() + "/x", 1, 1)


def chown_is_roots():
    p = make()
    as_nobody(lambda: fails(errno.EPERM, os.chown, p, NOBODY, -1))
    os.chown(p, NOBODY, NOBODY)

    def body():
        fails(errno.EPERM, os.chown, p, 1, -1)
        fails(errno.EPERM, os.chown, p, -1, 1)
        os.chown(p, -1, NOBODY)
    as_nobody(body)


def chown_drops_setuid_and_setgid():
    p = make()
    os.chown(p, NOBODY, NOBODY)
    os.chmod(p, 0o6755)
    as_nobody(lambda: os.chown(p, -1, NOBODY))
    assert mode_of(p) == 0o755, oct(mode_of(p))


def writing_drops_setuid_and_setgid():
    p = make()
    os.chmod(p, 0o6777)

    def body():
        fd = os.open(p, os.O_WRONLY)
        os.write(fd, b"x")
        os.close(fd)
    as_nobody(body)
    assert mode_of(p) == 0o777, oct(mode_of(p))


def a_setgid_directory_gives_its_group():
    d = folder()
    os.chown(d, -1, 77)
    os.chmod(d, 0o2777)
    as_nobody(lambda: (make(d + "/x"), os.mkdir(d + "/y")))
    assert os.stat(d + "/x").st_gid == 77, os.stat(d + "/x").st_gid
    assert os.stat(d + "/y").st_gid == 77 and mode_of(d + "/y") & stat.S_ISGID



def truncate_shrinks_and_grows():
    p = make(data=b"123456")
    os.truncate(p, 3)
    assert read(p) == b"123"
    os.truncate(p, 8)
    assert read(p) == b"123" + bytes(5)
    fd = os.open(p, os.O_RDWR)
    os.ftruncate(fd, 1)
    assert os.fstat(fd).st_size == 1
    os.ftruncate(fd, 1 << 30)
    assert os.fstat(fd).st_size == 1 << 30 and os.pread(fd, 4, (1 << 30) - 4) == bytes(4)
    os.close(fd)
    changes_ctime(p, lambda: os.truncate(p, 0))


def truncate_refuses():
    fails(errno.ENOENT, os.truncate, n(), 0)
    fails(errno.ENOTDIR, os.truncate, make() + "/x", 0)
    fails(errno.EISDIR, os.truncate, folder(), 0)
    p = make()
    fails(errno.EINVAL, os.truncate, p, -1)
    os.chmod(p, 0o644)
    as_nobody(lambda: fails(errno.EACCES, os.truncate, p, 0))
    fd = os.open(p, os.O_RDONLY)
    fails((errno.EINVAL, errno.EBADF), os.ftruncate, fd, 0)
    os.close(fd)


def writes_leave_holes_and_overwrite():
    fd = os.open(n(), os.O_CREAT | os.O_RDWR)
    os.pwrite(fd, b"end", 100000)
    os.pwrite(fd, b"start", 0)
    assert os.pread(fd, 10, 0) == b"start" + bytes(5)
    assert os.pread(fd, 10, 99998) == b"\0\0end"
    assert os.fstat(fd).st_size == 100003
    os.close(fd)


def reading_and_writing_ask_the_handle():
    p = make(data=b"x")
    r, w = os.open(p, os.O_RDONLY), os.open(p, os.O_WRONLY)
    fails(errno.EBADF, os.write, r, b"x")
    fails(errno.EBADF, os.read, w, 1)
    os.close(r)
    os.close(w)
    d = os.open(folder(), os.O_RDONLY)
    fails(errno.EISDIR, os.read, d, 1)
    os.close(d)



def utimensat_sets_times():
    p = make()
    changes_ctime(p, lambda: os.utime(p, ns=(1_000_000_000_000_000_001, 1_100_000_000_123_456_789)))
    s = os.stat(p)
    assert (s.st_atime_ns, s.st_mtime_ns) == (1_000_000_000_000_000_001, 1_100_000_000_123_456_789)
    os.utime(p, ns=(-1_500_000_000, 1 << 62))
    assert (os.stat(p).st_atime_ns) == -1_500_000_000, os.stat(p).st_atime_ns
    os.utime(p)
    assert abs(os.stat(p).st_mtime - time.time()) < 60
    d = folder()
    os.utime(d, (5, 6))
    assert (os.stat(d).st_atime, os.stat(d).st_mtime) == (5, 6)


def utimensat_of_a_link_itself():
    p, s = make(), n()
    os.symlink(p, s)
    before = os.stat(p).st_mtime_ns
    os.utime(s, (7, 8), follow_symlinks=False)
    assert os.lstat(s).st_mtime == 8 and os.stat(p).st_mtime_ns == before
    os.utime(s, (7, 9))
    assert os.stat(p).st_mtime == 9


def utimensat_asks():
    p = make(mode=0o644)

    def body():
        fails(errno.EPERM, os.utime, p, (1, 1))
        fails(errno.EACCES, os.utime, p)
    as_nobody(body)
    os.chmod(p, 0o666)

    def writer():
        fails(errno.EPERM, os.utime, p, (1, 1))
        os.utime(p)
    as_nobody(writer)
    fails(errno.ENOENT, os.utime, n(), (1, 1))
    fails(errno.ENOTDIR, os.utime, make() + "/x", (1, 1))


def writing_changes_times():
    p = make(data=b"x")
    os.utime(p, (1, 1))
    fd = os.open(p, os.O_WRONLY)
    os.write(fd, b"y")
    os.close(fd)
    assert os.stat(p).st_mtime > 1

"""Making and removing names: mkdir, mkfifo, mknod, symlink, link, unlink, rmdir."""
import errno
import os
import stat

from support import NOBODY, as_nobody, changes_ctime, fails, folder, make, mode_of, n, read


def unlink_removes_files_of_all_kinds():
    p = make()
    os.unlink(p)
    fails(errno.ENOENT, os.lstat, p)
    os.mkfifo(p)
    os.unlink(p)
    os.symlink("nowhere", p)
    os.unlink(p)
    fails(errno.ENOENT, os.unlink, p)
    fails(errno.EISDIR, os.unlink, folder())
    fails(errno.ENOTDIR, os.unlink, make() + "/x")


def unlink_lowers_the_link_count():
    a, b = make(), n()
    os.link(a, b)
    changes_ctime(b, lambda: os.unlink(a))
    assert os.stat(b).st_nlink == 1


def unlinked_files_live_while_open():
    p = make(data=b"abc")
    fd = os.open(p, os.O_RDWR)
    os.unlink(p)
    assert os.fstat(fd).st_nlink == 0
    os.pwrite(fd, b"X", 1)
    assert os.pread(fd, 9, 0) == b"aXc"
    os.ftruncate(fd, 1)
    assert os.fstat(fd).st_size == 1
    os.fchmod(fd, 0o600)
    os.fsync(fd)
    os.close(fd)
    fails(errno.ENOENT, os.lstat, p)


def unlink_asks_the_directory():
    d = folder(mode=0o755)
    p = make(d + "/x", mode=0o777)
    as_nobody(lambda: fails(errno.EACCES, os.unlink, p))
    os.chmod(d, 0o777)
    as_nobody(lambda: os.unlink(p))


def sticky_directories_keep_what_others_own():
    d = folder(mode=0o1777)
    p = make(d + "/x", mode=0o777)
    q = folder(d + "/y", mode=0o777)

    def body():
        fails((errno.EPERM, errno.EACCES), os.unlink, p)
        fails((errno.EPERM, errno.EACCES), os.rmdir, q)
        fails((errno.EPERM, errno.EACCES), os.rename, p, d + "/z")
        make(d + "/mine")
        fails((errno.EPERM, errno.EACCES), os.rename, d + "/mine", p)
        os.unlink(d + "/mine")
    as_nobody(body)


def removing_changes_the_directorys_times():
    d = folder()
    make(d + "/x")
    changes_ctime(d, lambda: os.unlink(d + "/x"))
    folder(d + "/y")
    changes_ctime(d, lambda: os.rmdir(d + "/y"))


def rmdir_wants_an_empty_directory():
    d = folder()
    make(d + "/x")
    fails((errno.ENOTEMPTY, errno.EEXIST), os.rmdir, d)
    os.unlink(d + "/x")
    fails(errno.EINVAL, os.rmdir, d + "/.")
    fails((errno.ENOTEMPTY, errno.EEXIST), os.rmdir, folder(d + "/e") + "/..")
    os.rmdir(d + "/e")
    os.rmdir(d)
    fails(errno.ENOENT, os.rmdir, d)
    fails(errno.ENOTDIR, os.rmdir, make())
    s = n()
    os.symlink(folder(), s)
    fails(errno.ENOTDIR, os.rmdir, s)


def a_removed_directory_takes_nothing():
    d = folder()
    fd = os.open(d, os.O_RDONLY)
    os.rmdir(d)
    fails(errno.ENOENT, os.open, "x", os.O_CREAT | os.O_WRONLY, dir_fd=fd)
    fails(errno.ENOENT, os.mkdir, "x", dir_fd=fd)
    os.close(fd)



def mkdir_makes_a_directory():
    old = os.umask(0o022)
    d = n("d")
    os.mkdir(d, 0o777)
    os.umask(old)
    assert mode_of(d) == 0o755
    assert stat.S_ISDIR(os.stat(d).st_mode)
    assert sorted(os.listdir(d)) == []
    fails(errno.EEXIST, os.mkdir, d)
    fails(errno.EEXIST, os.mkdir, make())
    fails(errno.ENOENT, os.mkdir, n() + "/x")
    fails(errno.ENOTDIR, os.mkdir, make() + "/x")


def mkdir_asks_permission_and_belongs_to_its_caller():
    d, e = folder(mode=0o755), folder(mode=0o777)

    def body():
        fails(errno.EACCES, os.mkdir, d + "/x")
        os.mkdir(e + "/x")
    as_nobody(body)
    assert (os.stat(e + "/x").st_uid, os.stat(e + "/x").st_gid) == (NOBODY, NOBODY)


def making_changes_the_directorys_times():
    d = folder()
    f = make()
    for act in (lambda: os.mkdir(d + "/a"), lambda: make(d + "/b"), lambda: os.mkfifo(d + "/c"), lambda: os.symlink("x", d + "/e"), lambda: os.link(f, d + "/g")):
        changes_ctime(d, act)


def mkfifo_makes_a_pipe():
    old = os.umask(0o077)
    p = n()
    os.mkfifo(p, 0o666)
    os.umask(old)
    assert stat.S_ISFIFO(os.lstat(p).st_mode) and mode_of(p) == 0o600
    fails(errno.EEXIST, os.mkfifo, p)
    fails(errno.EEXIST, os.mkfifo, folder())
    fails(errno.ENOENT, os.mkfifo, n() + "/x")
    fails(errno.ENOTDIR, os.mkfifo, make() + "/x")


def mknod_makes_files_and_sockets():
    p, s = n(), n()
    os.mknod(p, stat.S_IFREG | 0o640)
    assert stat.S_ISREG(os.lstat(p).st_mode) and mode_of(p) == 0o640
    os.mknod(s, stat.S_IFSOCK | 0o600)
    assert stat.S_ISSOCK(os.lstat(s).st_mode)
    fails(errno.EEXIST, os.mknod, p, stat.S_IFREG | 0o640)


def symlink_keeps_its_text():
    for target in ("a", "../x", "/nowhere", "z" * 1000, "\u00fcml\u00e4ut"):
        s = n()
        os.symlink(target, s)
        assert os.readlink(s) == target
        assert os.lstat(s).st_size == len(target.encode())
        assert stat.S_ISLNK(os.lstat(s).st_mode)
    fails(errno.EEXIST, os.symlink, "a", s)
    fails(errno.EEXIST, os.symlink, "a", make())
    fails(errno.EEXIST, os.symlink, "a", folder())
    fails(errno.ENOENT, os.symlink, "a", n() + "/x")
    fails(errno.ENOTDIR, os.symlink, "a", make() + "/x")
    fails(errno.EINVAL, os.readlink, make())
    fails(errno.ENOENT, os.symlink, "", n())


def link_makes_a_second_name():
    a, b = make(data=b"1"), n()
    changes_ctime(a, lambda: os.link(a, b))
    assert os.stat(a).st_ino == os.stat(b).st_ino and os.stat(a).st_nlink == os.stat(b).st_nlink == 2
    with open(b, "ab") as f:
        f.write(b"2")
    assert read(a) == b"12"
    os.chmod(b, 0o600)
    assert mode_of(a) == 0o600
    os.truncate(a, 0)
    assert os.stat(b).st_size == 0
    os.unlink(a)
    assert os.stat(b).st_nlink == 1


def link_refuses():
    a = make()
    fails(errno.EEXIST, os.link, a, make())
    fails(errno.EEXIST, os.link, a, folder())
    fails(errno.ENOENT, os.link, n(), n())
    fails(errno.ENOENT, os.link, a, n() + "/x")
    fails(errno.ENOTDIR, os.link, a, make() + "/x")
    fails(errno.EPERM, os.link, folder(), n())
    fails(errno.EXDEV, os.link, a, "/tmp/" + os.path.basename(n("conformance")))
    d = folder(mode=0o755)
    os.chmod(a, 0o666)
    as_nobody(lambda: fails(errno.EACCES, os.link, a, d + "/x"))


def link_of_symlinks_and_pipes():
    s, p = n(), n()
    os.symlink("nowhere", s)
    t = n()
    os.link(s, t, follow_symlinks=False)
    assert os.readlink(t) == "nowhere" and os.lstat(t).st_nlink == 2
    os.mkfifo(p)
    q = n()
    os.link(p, q)
    assert stat.S_ISFIFO(os.lstat(q).st_mode)

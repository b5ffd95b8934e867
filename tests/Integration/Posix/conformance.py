"""What POSIX and Linux say of file system calls, tried on one directory: conformance.py DIRECTORY [NAME-PART].

Each case is a function; it gets names in the directory that nothing has used. Prints one line a failure, then "N cases, N failed".
Needs root: cases about permissions run in a child of uid 65534.
"""
import errno
import os
import stat
import sys
import time

ROOT = sys.argv[1]
NOBODY = 65534
LONGEST = 255
_count = 0


def n(kind="f"):
    global _count
    _count += 1
    return os.path.join(ROOT, "%s%d" % (kind, _count))


def make(path=None, data=b"", mode=0o644):
    path = path or n()
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    os.write(fd, data)
    os.close(fd)
    os.chmod(path, mode)
    return path


def folder(path=None, mode=0o755):
    path = path or n("d")
    os.mkdir(path)
    os.chmod(path, mode)
    return path


def fails(code, call, *args, **named):
    codes = code if isinstance(code, tuple) else (code,)
    try:
        call(*args, **named)
    except OSError as e:
        assert e.errno in codes, "%s%r: %s instead of %s" % (
            call.__name__, args, errno.errorcode[e.errno], [errno.errorcode[c] for c in codes])
        return
    raise AssertionError("%s%r succeeded instead of %s" % (call.__name__, args, [errno.errorcode[c] for c in codes]))


def as_nobody(body, uid=NOBODY, gid=NOBODY):
    pid = os.fork()
    if pid == 0:
        status = 0
        try:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            body()
        except BaseException as e:
            sys.stderr.write("as uid %d: %r\n" % (uid, e))
            status = 1
        sys.stderr.flush()
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, "the part that runs as nobody failed"


def mode_of(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def changes_ctime(path, act):
    before = os.lstat(path).st_ctime_ns
    # The kernel's clock for time stamps ticks every 4 ms: until it has, equal times say nothing.
    probe = os.open("/tmp", os.O_TMPFILE | os.O_RDWR)
    while True:
        os.write(probe, b"x")
        if os.fstat(probe).st_mtime_ns > before:
            break
    os.close(probe)
    act()
    assert os.lstat(path).st_ctime_ns > before, "ctime of %s did not change" % path


def read(path):
    with open(path, "rb") as f:
        return f.read()


# open

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


# unlink and rmdir

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


# mkdir, mkfifo, mknod, symlink, link

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


# chmod, chown

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


# truncate, ftruncate

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


# rename

KINDS = ("file", "folder", "link", "pipe")


def thing(kind):
    p = n()
    {"file": lambda: make(p), "folder": lambda: os.mkdir(p), "link": lambda: os.symlink("nowhere", p), "pipe": lambda: os.mkfifo(p)}[kind]()
    return p


def rename_to_a_new_name_keeps_the_file():
    for kind in KINDS:
        a, b = thing(kind), n()
        inode = os.lstat(a).st_ino
        os.rename(a, b)
        fails(errno.ENOENT, os.lstat, a)
        assert os.lstat(b).st_ino == inode, kind


def rename_over_what_exists():
    for source in KINDS:
        for target in KINDS:
            a, b = thing(source), thing(target)
            inode = os.lstat(a).st_ino
            if (source == "folder") == (target == "folder"):
                os.rename(a, b)
                assert os.lstat(b).st_ino == inode, (source, target)
                fails(errno.ENOENT, os.lstat, a)
            else:
                fails(errno.ENOTDIR if source == "folder" else errno.EISDIR, os.rename, a, b)
                os.lstat(a)
                os.lstat(b)


def rename_of_a_folder_onto_a_full_one():
    a, b = folder(), folder()
    make(b + "/x")
    fails((errno.ENOTEMPTY, errno.EEXIST), os.rename, a, b)


def rename_of_a_full_folder():
    a, b = folder(), n("d")
    os.makedirs(a + "/1/2")
    make(a + "/1/2/x", b"deep")
    os.rename(a, b)
    assert read(b + "/1/2/x") == b"deep"
    os.rename(b + "/1", b + "/one")
    assert read(b + "/one/2/x") == b"deep"
    os.rename(b + "/one/2/x", ROOT + "/" + os.path.basename(n("up")))


def rename_refuses():
    fails(errno.ENOENT, os.rename, n(), n())
    fails(errno.ENOENT, os.rename, make(), n() + "/x")
    fails(errno.ENOTDIR, os.rename, make(), make() + "/x")
    fails(errno.ENOTDIR, os.rename, make() + "/x", n())
    d = folder()
    fails(errno.EINVAL, os.rename, d, d + "/inside")
    os.mkdir(d + "/e")
    fails(errno.EINVAL, os.rename, d, d + "/e/f")
    fails((errno.ENOTEMPTY, errno.EEXIST), os.rename, d + "/e", d)
    fails((errno.EINVAL, errno.EBUSY), os.rename, d + "/.", n())
    fails(errno.EXDEV, os.rename, make(), "/tmp/" + os.path.basename(n("conformance")))


def rename_of_two_names_of_one_file_does_nothing():
    a, b = make(), n()
    os.link(a, b)
    os.rename(a, b)
    assert os.stat(a).st_nlink == 2 and os.stat(b).st_nlink == 2
    os.rename(a, a)


def rename_asks_both_directories():
    d, e = folder(mode=0o777), folder(mode=0o755)
    p = make(d + "/x")
    q = make(e + "/y")

    def body():
        fails(errno.EACCES, os.rename, p, e + "/x")
        fails(errno.EACCES, os.rename, q, d + "/y")
    as_nobody(body)


def rename_replaces_open_files():
    a, b = make(data=b"new"), make(data=b"old")
    fd = os.open(b, os.O_RDONLY)
    os.rename(a, b)
    assert os.read(fd, 9) == b"old" and read(b) == b"new"
    os.close(fd)


def rename_changes_the_directories_times():
    d, e = folder(), folder()
    make(d + "/x")
    before = os.stat(e).st_ctime_ns
    changes_ctime(d, lambda: os.rename(d + "/x", e + "/x"))
    assert os.stat(e).st_ctime_ns > before


def open_files_follow_a_rename():
    a, b = make(data=b"1"), n()
    fd = os.open(a, os.O_RDWR | os.O_APPEND)
    os.rename(a, b)
    os.write(fd, b"2")
    os.fchmod(fd, 0o604)
    os.ftruncate(fd, 2)
    os.close(fd)
    assert read(b) == b"12" and mode_of(b) == 0o604


# times

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


# listing, looking

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


def main():
    part = sys.argv[2] if len(sys.argv) > 2 else ""
    helpers = {"n", "make", "folder", "fails", "as_nobody", "mode_of", "changes_ctime", "read", "thing", "main"}
    cases = [(k, f) for k, f in list(globals().items()) if callable(f) and getattr(f, "__module__", "") == "__main__" and k not in helpers and part in k]
    os.umask(0o022)
    failed = 0
    for name, case in cases:
        try:
            case()
        except Exception as e:
            failed += 1
            line = e.__traceback__
            while line.tb_next and line.tb_next.tb_frame.f_code.co_filename == __file__ and line.tb_next.tb_frame.f_code.co_name not in helpers:
                line = line.tb_next
            print("%s, line %d: %s: %s" % (name, line.tb_lineno, type(e).__name__, e))
        sys.stdout.flush()
    print("%d cases, %d failed" % (len(cases), failed))
    return 1 if failed else 0


sys.exit(main())

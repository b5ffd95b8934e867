"""rename(2): the matrix of kinds, what is refused, what follows."""
import errno
import os

from support import ROOT, as_nobody, changes_ctime, fails, folder, make, mode_of, n, read


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

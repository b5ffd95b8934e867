namespace DataStoreFS.Overlay;

/// <summary>
/// The kernel's error numbers as the overlay's answers: its calls are system calls on a local folder, and what the kernel says of them is passed on
/// unchanged. 0 is success. The numbers are Linux's on every architecture .NET runs on.
/// </summary>
public static class PosixErrno
{
    public const int None = 0;
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int EBADF = 9;
    public const int EACCES = 13;
    public const int EBUSY = 16;
    public const int EEXIST = 17;
    public const int EXDEV = 18;
    public const int ENOTDIR = 20;
    public const int EISDIR = 21;
    public const int EINVAL = 22;
    public const int ENOSPC = 28;
    public const int ENAMETOOLONG = 36;
    public const int ENOTEMPTY = 39;
    public const int ELOOP = 40;
    public const int ENODATA = 61;
    public const int ENOTSUP = 95;
}

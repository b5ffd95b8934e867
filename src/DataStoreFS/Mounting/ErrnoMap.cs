using DataStoreFS.Model;
using LinuxFuse;

namespace DataStoreFS.Mounting;

/// <summary>The one table from faults to what a program sees in errno.</summary>
public static class ErrnoMap
{
    public static Errno Of(DataStoreErrorKind kind) => kind switch
    {
        // Not ENOENT: a server that no longer knows what it announced is a fault, and ENOENT reads as "block never written", that is, as zeros.
        DataStoreErrorKind.NotFound => Errno.EIO,
        DataStoreErrorKind.Unreachable => Errno.EIO,
        DataStoreErrorKind.Timeout => Errno.EIO,
        DataStoreErrorKind.Unauthorized => Errno.EACCES,
        DataStoreErrorKind.Protocol => Errno.EIO,
        DataStoreErrorKind.Refused => Errno.EIO,
        DataStoreErrorKind.InvalidData => Errno.EINVAL,
        DataStoreErrorKind.ReadOnly => Errno.EROFS,
        DataStoreErrorKind.NotPermitted => Errno.EPERM,
        DataStoreErrorKind.NoSpace => Errno.ENOSPC,
        DataStoreErrorKind.TooLarge => Errno.EFBIG,
        DataStoreErrorKind.Usage => Errno.EINVAL,
        DataStoreErrorKind.Local => Errno.EIO,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "a kind without an errno"),
    };

    /// <summary>
    /// For <see cref="FuseOptions.ErrorMapper"/>: what a handler let out. A cancellation is a fault like others: that of a request whose caller was
    /// signalled is EINTR, and does not come here.
    /// </summary>
    public static Errno Of(Exception fault) => fault switch
    {
        DataStoreException known => Of(known.Kind),
        OutOfMemoryException => Errno.ENOMEM,
        _ => Errno.EIO,
    };
}

namespace LinuxFuse;

/// <summary>
/// Mounting, unmounting or the connection to the kernel failed. The message is one line that names the cause and, where there is one, the remedy.
/// </summary>
public sealed class FuseException : IOException
{
    public FuseException(string message, Errno errno, Exception? inner = null)
        : base(message, inner) => Errno = errno;

    public FuseException(string message)
        : this(message, Errno.EIO)
    {
    }

    public FuseException(string message, Exception inner)
        : this(message, Errno.EIO, inner)
    {
    }

    public FuseException()
        : this("FUSE failed")
    {
    }

    public Errno Errno { get; }
}

namespace LinuxFuse.Session;

/// <summary>Why reading stopped.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Errno">What read(2) said, for <see cref="ReaderEndKind.Failed"/>.</param>
internal readonly record struct ReaderEnd(ReaderEndKind Kind, Errno Errno = Errno.OK);

internal enum ReaderEndKind
{
    /// <summary>The kernel is done with the connection, or the peer of the socket is.</summary>
    Unmounted,

    /// <summary>Somebody aborted the connection.</summary>
    Aborted,

    /// <summary>The daemon wanted it.</summary>
    Stopped,
    Failed,
}

namespace LinuxFuse;

/// <summary>
/// A file of another file system that serves reads and writes of open files instead of the daemon (passthrough). Needs root and
/// <see cref="FuseCapabilities.Passthrough"/>.
/// </summary>
public sealed class BackingFile : IDisposable
{
    private readonly FuseMount _mount;
    private int _id;

    internal BackingFile(FuseMount mount, int id)
    {
        _mount = mount;
        _id = id;
    }

    /// <summary>The kernel's number of it.</summary>
    public int Id => Volatile.Read(ref _id);

    /// <summary>Opens that use it keep it; new ones cannot.</summary>
    public void Dispose()
    {
        int id = Interlocked.Exchange(ref _id, 0);
        if (id != 0)
            _mount.CloseBacking(id);
    }
}

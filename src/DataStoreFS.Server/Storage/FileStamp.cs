namespace DataStoreFS.Server.Storage;

/// <summary>Tells whether a file or directory is still what it was: inode, size and modification time. The default value means absent.</summary>
internal readonly record struct FileStamp(ulong Inode, ulong Size, long Seconds, uint Nanoseconds)
{
    public bool Exists => this != default;

    /// <summary>
    /// Changed so recently that a further change may leave the same time behind (the kernel's clock for file times moves in steps of up to 10 ms):
    /// what was read under such a stamp must be read again next time.
    /// </summary>
    public bool IsRacy =>
        (DateTime.UtcNow - DateTime.UnixEpoch.AddSeconds(Seconds).AddTicks(Nanoseconds / 100)).Duration() < TimeSpan.FromMilliseconds(40);
}

/// <summary>Something read from one path, read again when the path's stamp has changed.</summary>
/// <remarks>Contract: thread-safe. Two threads that find it stale may both read; the last one's value stays. Values must be immutable.</remarks>
internal sealed class Stamped<T>
    where T : class
{
    private readonly byte[] _path;
    private readonly Func<T> _read;
    private Entry? _entry;

    /// <param name="path">A file or a directory; a directory's stamp changes when names in it come and go.</param>
    /// <param name="read">Reads the value; may throw, then nothing is kept.</param>
    public Stamped(string path, Func<T> read)
    {
        _path = NativeFile.PathBytes(path);
        _read = read;
    }

    public bool Exists => NativeFile.Stamp(_path).Exists;

    public T Value
    {
        get
        {
            FileStamp now = NativeFile.Stamp(_path);
            Entry? entry = Volatile.Read(ref _entry);
            if (entry is not null && entry.Stamp == now && !entry.Racy)
            {
                return entry.Value;
            }

            entry = new Entry(now, now.IsRacy, _read());
            Volatile.Write(ref _entry, entry);
            return entry.Value;
        }
    }

    /// <summary>The next use reads again whatever the stamp says: for this server's own changes.</summary>
    public void Forget() => Volatile.Write(ref _entry, null);

    private sealed record Entry(FileStamp Stamp, bool Racy, T Value);
}

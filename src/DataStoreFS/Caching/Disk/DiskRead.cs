using System.Threading.Tasks.Sources;
using DataStoreFS.Model;
using DataStoreFS.N5;
using static DataStoreFS.Caching.Disk.DiskSyscalls;

namespace DataStoreFS.Caching.Disk;

/// <summary>One read of one block: first what needs no disk access, by the caller's thread; the rest by a reader thread.</summary>
/// <remarks>
/// Contract. Rented from <see cref="DiskReaders"/>, used for one read, and returned by <see cref="DiskReaders.Return"/>, or, when the answer is
/// awaited,
/// by the await itself (GetResult). Its scratch memory lives as long as the object. While it runs it owns a descriptor and a block buffer; both are
/// given up in <see cref="Finish"/> on every path, the buffer into the answer when that is a block.
/// </remarks>
internal sealed unsafe class DiskRead(DiskReaders readers, NativeBlockPool pool, DiskFolder folder) : IValueTaskSource<TierAnswer>
{
    // A program that reads a block again soon has it from memory, so that recency is of interest in this grain only; it spares the journal.
    private static readonly long s_touchSeconds = (long)TimeSpan.FromMinutes(5).TotalSeconds;

    private readonly byte[] _expected = new byte[DiskRecord.MaximumHeaderBytes];
    private readonly byte[] _header = GC.AllocateUninitializedArray<byte>(DiskRecord.MaximumHeaderBytes, pinned: true);
    private readonly byte[] _name = GC.AllocateUninitializedArray<byte>(DiskRecord.NameCharacters + 1, pinned: true);
    private ManualResetValueTaskSourceCore<TierAnswer> _core; // continuations run on the reader thread: a hop less
    private BlockBuffer? _block;
    private Size3 _size;
    private int _headerBytes;
    private int _imageBytes;
    private int _fd = -1;
    private int _got;
    private long _fileBytes;
    private long _accessSeconds;

    public DiskVolume Volume { get; private set; } = null!;

    public byte Shard { get; private set; }

    /// <summary>A program waits for it.</summary>
    public bool Urgent { get; set; }

    /// <summary>The block's drop count when the read began; see <see cref="DiskTier"/>.</summary>
    public int Drops { get; set; }

    public int DropStripe { get; set; }

    public string Name => System.Text.Encoding.ASCII.GetString(_name.AsSpan(0, DiskRecord.NameCharacters));

    public ValueTask<TierAnswer> Task => new(this, _core.Version);

    public void Prepare(DiskVolume volume, in BlockKey key)
    {
        Volume = volume;
        _size = volume.NominalSize(key, out _imageBytes);
        _headerBytes = volume.WriteIdentity(key, _expected);
        Shard = DiskRecord.Name(_expected.AsSpan(0, _headerBytes), _name);
        _fd = -1;
        _got = 0;
        _block = null;
        _core.Reset();
    }

    /// <summary>Reads as far as the kernel has the name and the content in memory.</summary>
    /// <param name="expectAbsent">
    /// The last names were not there: then to look is cheaper than to ask another thread, although it may read a block of the folder.
    /// </param>
    public DiskReadState TryFromMemory(bool expectAbsent)
    {
        _fd = Open(cachedOnly: true);
        if (_fd < 0 && expectAbsent && LastError == TryAgain)
        {
            _fd = Open(cachedOnly: false);
        }

        if (_fd < 0)
        {
            // The name is not in memory, or the kernel cannot say (before 5.12, or by a filter of system calls).
            return LastError is NoEntry or BadDescriptor ? DiskReadState.Absent : DiskReadState.NeedsDisk;
        }

        return ReadOpened(ReadNoWait);
    }

    public DiskReadState FromDisk()
    {
        if (_fd < 0)
        {
            _fd = Open(cachedOnly: false);
            if (_fd < 0)
            {
                return DiskReadState.Absent;
            }
        }

        DiskReadState state = ReadOpened(0);
        return state == DiskReadState.NeedsDisk ? DiskReadState.Damaged : state;
    }

    /// <summary>Checks what was read. On a block or a known-missing one, <paramref name="answer"/> is for the caller.</summary>
    public DiskReadState Verify(long now, out TierAnswer answer)
    {
        answer = default;
        if (!DiskRecord.TryReadHead(_header.AsSpan(0, (int)Math.Min(_fileBytes, _headerBytes)), out DiskRecordHead head))
        {
            return DiskReadState.Damaged;
        }

        if (head.Tombstone)
        {
            return DiskReadState.Absent;
        }

        ReadOnlySpan<byte> identity = _expected.AsSpan(DiskRecord.FieldBytes, _headerBytes - DiskRecord.FieldBytes);
        bool whole = head.HeaderBytes == _headerBytes
            && _header.AsSpan(DiskRecord.FieldBytes, _headerBytes - DiskRecord.FieldBytes).SequenceEqual(identity)
            && head.ImageBytes == (_block is null ? 0 : _imageBytes)
            && (_block is null || (Crc32C.Compute(_block.GetSpan()) == head.ImageSum && _block.Size == _size));
        if (!whole)
        {
            return DiskReadState.Damaged;
        }

        if (!Volume.IsFresh(head.Fetched, now))
        {
            return DiskReadState.Stale;
        }

        Touch();
        answer = new TierAnswer(true, _block, new DateTimeOffset(head.Fetched, TimeSpan.Zero));
        _block = null;
        return DiskReadState.Read;
    }

    /// <summary>Closes the file and gives back the buffer that has not become an answer.</summary>
    public void Finish()
    {
        if (_fd >= 0)
        {
            _ = Close(_fd);
            _fd = -1;
        }

        _block?.Release();
        _block = null;
    }

    public void Complete(TierAnswer answer) => _core.SetResult(answer);

    TierAnswer IValueTaskSource<TierAnswer>.GetResult(short token)
    {
        TierAnswer answer = _core.GetResult(token);
        readers.Return(this);
        return answer;
    }

    ValueTaskSourceStatus IValueTaskSource<TierAnswer>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<TierAnswer>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private int Open(bool cachedOnly)
    {
        int shard = folder.Shard(Shard);
        int flags = ReadOnly | NoFollow | NoAccessTime | CloseOnExec;
        fixed (byte* name = _name)
        {
            int fd = cachedOnly ? OpenAtCached(shard, name, flags) : OpenAt(shard, name, flags, 0);
            if (fd < 0 && LastError == PermissionDenied)
            {
                // O_NOATIME is for the owner; a file of another user of a shared cache.
                fd = cachedOnly ? OpenAtCached(shard, name, flags & ~NoAccessTime) : OpenAt(shard, name, flags & ~NoAccessTime, 0);
            }

            return fd;
        }
    }

    private DiskReadState ReadOpened(int flags)
    {
        if (_got == 0)
        {
            if (!Status(_fd, out FileStatus status) || !status.IsFile)
            {
                return DiskReadState.Damaged;
            }

            _fileBytes = status.Length;
            _accessSeconds = status.AccessSeconds;
            bool isBlock = _fileBytes == _headerBytes + _imageBytes;
            if (!isBlock && _fileBytes != _headerBytes && _fileBytes != DiskRecord.TombstoneBytes)
            {
                return DiskReadState.Damaged;
            }

            _block = isBlock && _block is null ? pool.Rent(_imageBytes) : _block;
        }

        while (_got < _fileBytes)
        {
            nint got = ReadRest(flags);
            if (got <= 0)
            {
                return DiskReadState.NeedsDisk;
            }

            _got += (int)got;
        }

        return DiskReadState.Read;
    }

    private nint ReadRest(int flags)
    {
        fixed (byte* header = _header)
        {
            int headerLeft = (int)Math.Max(0, Math.Min(_fileBytes, _headerBytes) - _got);
            int imageDone = Math.Max(0, _got - _headerBytes);
            IoVector* vectors = stackalloc IoVector[2];
            vectors[0] = new IoVector { Base = header + _got, Length = headerLeft };
            int first = headerLeft > 0 ? 0 : 1;
            int count = headerLeft > 0 ? 1 : 0;
            if (_block is not null)
            {
                vectors[1] = new IoVector { Base = _block.Pointer + imageDone, Length = _imageBytes - imageDone };
                count++;
            }

            return ReadVector(_fd, vectors + first, count, _got, flags);
        }
    }

    private void Touch()
    {
        if (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - _accessSeconds < s_touchSeconds)
        {
            return;
        }

        TimeSpec* times = stackalloc TimeSpec[2];
        times[0] = new TimeSpec { Nanoseconds = TimeSpec.Now };
        times[1] = new TimeSpec { Nanoseconds = TimeSpec.Omit };
        if (SetTimes(_fd, times) != 0)
        {
            // Not the owner: who may write may still set both times to now.
            _ = SetTimes(_fd, null);
        }
    }
}

internal enum DiskReadState
{
    Read,

    /// <summary>There is no such file, or a tombstone.</summary>
    Absent,

    /// <summary>There, but not in memory.</summary>
    NeedsDisk,

    /// <summary>Too old, or from before a refresh.</summary>
    Stale,

    /// <summary>Not what the name says, or torn.</summary>
    Damaged,
}

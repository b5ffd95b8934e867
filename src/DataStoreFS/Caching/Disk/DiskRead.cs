using System.Threading.Tasks.Sources;
using DataStoreFS.Model;
using DataStoreFS.N5;
using static DataStoreFS.Caching.Disk.DiskSyscalls;

namespace DataStoreFS.Caching.Disk;

/// <summary>One read of one block: first what needs no disk access, by the caller's thread; the rest by a reader thread.</summary>
/// <remarks>
/// Contract. Rented from <see cref="DiskReaders"/>, used for one read, and returned by <see cref="DiskReaders.Return"/>, or, when the answer is
/// awaited, by the await itself (GetResult). Its scratch memory lives as long as the object. While it runs it owns a descriptor and a block buffer;
/// both are given up in <see cref="Finish"/> on every path, the buffer into the answer when that is a block.
/// </remarks>
internal sealed unsafe class DiskRead(DiskReaders readers, NativeBlockPool pool, DiskFolder folder, DiskDirect direct) : IValueTaskSource<TierAnswer>
{
    // A program that reads a block again soon has it from memory, so that recency is of interest in this grain only; it spares the journal.
    private static readonly long s_touchSeconds = (long)TimeSpan.FromMinutes(5).TotalSeconds;

    // What of the record lies behind the block's memory: all of a small one, the rest of the trailer of others. Aligned like that memory, since the
    // disk may write to both; a trailer is never longer.
    private const int PageBytes = 4096;

    private readonly byte[] _expected = new byte[DiskRecord.MaximumTrailerBytes];
    private readonly byte[] _trailer = new byte[DiskRecord.MaximumTrailerBytes];
    private readonly byte[] _page = GC.AllocateUninitializedArray<byte>(2 * PageBytes, pinned: true);
    private readonly byte[] _name = GC.AllocateUninitializedArray<byte>(DiskRecord.NameCharacters + 1, pinned: true);
    private ManualResetValueTaskSourceCore<TierAnswer> _core; // continuations run on the reader thread: a hop less
    private BlockBuffer? _block;
    private Size3 _size;
    private int _trailerBytes;
    private int _imageBytes;
    private int _fd = -1;
    private int _got;
    private bool _examined;
    private bool _past; // the page cache
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
        _trailerBytes = volume.WriteIdentity(key, _expected);
        Shard = DiskRecord.Name(_expected.AsSpan(0, _trailerBytes), _name);
        _fd = -1;
        _got = 0;
        _examined = false;
        _past = false;
        _block = null;
        _core.Reset();
    }

    /// <summary>Reads as far as the kernel has the name and the content in memory.</summary>
    /// <param name="expectAbsent">
    /// The last names were not there: then to look is cheaper than to ask another thread, although it may read a block of the folder.
    /// </param>
    /// <param name="now">UTC ticks.</param>
    public DiskReadState TryFromMemory(bool expectAbsent, long now)
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

        return !TryExamine(now) ? DiskReadState.Damaged : _past ? DiskReadState.NeedsDisk : ReadOpened(ReadNoWait);
    }

    /// <param name="now">UTC ticks.</param>
    public DiskReadState FromDisk(long now)
    {
        if (_fd < 0)
        {
            _fd = Open(cachedOnly: false);
            if (_fd < 0)
            {
                return DiskReadState.Absent;
            }
        }

        if (!TryExamine(now))
        {
            return DiskReadState.Damaged;
        }

        if (_past)
        {
            IoVector* vectors = stackalloc IoVector[2];
            _got = direct.Read(_fd, vectors, Vectors(vectors), _fileBytes);
        }

        DiskReadState state = ReadOpened(0);
        return state == DiskReadState.NeedsDisk ? DiskReadState.Damaged : state;
    }

    /// <summary>Checks what was read. On a block or a known-missing one, <paramref name="answer"/> is for the caller.</summary>
    public DiskReadState Verify(long now, out TierAnswer answer)
    {
        answer = default;
        Span<byte> trailer = Trailer();
        if (!DiskRecord.TryRead(trailer, out DiskRecordTrailer said))
        {
            return DiskReadState.Damaged;
        }

        if (said.Tombstone)
        {
            return DiskReadState.Absent;
        }

        ReadOnlySpan<byte> identity = _expected.AsSpan(DiskRecord.FieldBytes, _trailerBytes - DiskRecord.FieldBytes);
        bool whole = said.TrailerBytes == _trailerBytes
            && trailer[DiskRecord.FieldBytes..].SequenceEqual(identity)
            && said.ImageBytes == (_block is null ? 0 : _imageBytes)
            && (_block is null || (Crc32C.Compute(_block.GetSpan()) == said.ImageSum && _block.Size == _size));
        if (!whole)
        {
            return DiskReadState.Damaged;
        }

        if (!Volume.IsFresh(said.Fetched, now))
        {
            return DiskReadState.Stale;
        }

        Touch();
        answer = new TierAnswer(true, _block, new DateTimeOffset(said.Fetched, TimeSpan.Zero));
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

    // Once, when the file is open: what it is, memory for it, and the way to read it.
    private bool TryExamine(long now)
    {
        if (_examined)
        {
            return true;
        }

        if (!Status(_fd, out FileStatus status) || !status.IsFile)
        {
            return false;
        }

        _fileBytes = status.Length;
        _accessSeconds = status.AccessSeconds;
        bool isBlock = _fileBytes == _imageBytes + _trailerBytes;
        if (!isBlock && _fileBytes != _trailerBytes && _fileBytes != DiskRecord.TombstoneBytes)
        {
            return false;
        }

        if (isBlock)
        {
            _block = pool.Rent(_imageBytes);
            _past = direct.Pays(_fd, _fileBytes, now);
        }

        _examined = true;
        return true;
    }

    private DiskReadState ReadOpened(int flags)
    {
        IoVector* vectors = stackalloc IoVector[2];
        while (_got < _fileBytes)
        {
            int count = Vectors(vectors);
            nint got = ReadVector(_fd, vectors, count, _got, flags);
            if (got <= 0)
            {
                return DiskReadState.NeedsDisk;
            }

            _got += (int)got;
        }

        return DiskReadState.Read;
    }

    /// <summary>The memory for what has not been read yet. Returns how many pieces.</summary>
    private int Vectors(IoVector* vectors)
    {
        int ofBlock = _block?.Capacity ?? 0;
        int count = 0;
        if (_got < ofBlock)
        {
            vectors[count++] = new IoVector { Base = _block!.Pointer + _got, Length = ofBlock - _got };
        }

        if (_fileBytes > ofBlock)
        {
            int done = Math.Max(_got - ofBlock, 0);
            vectors[count++] = new IoVector { Base = Page + done, Length = PageBytes - done };
        }

        return count;
    }

    // The last bytes of what was read, put together.
    private Span<byte> Trailer()
    {
        int length = (int)Math.Min(_fileBytes, _trailerBytes);
        int ofBlock = 0;
        if (_block is not null)
        {
            ofBlock = Math.Min(_block.Capacity - _imageBytes, length);
            new ReadOnlySpan<byte>(_block.Pointer + _imageBytes, ofBlock).CopyTo(_trailer);
        }

        new ReadOnlySpan<byte>(Page, length - ofBlock).CopyTo(_trailer.AsSpan(ofBlock));
        return _trailer.AsSpan(0, length);
    }

    private byte* Page
    {
        get
        {
            nuint begin = (nuint)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_page, 0);
            return (byte*)((begin + PageBytes - 1) & ~(nuint)(PageBytes - 1));
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

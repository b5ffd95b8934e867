using System.Buffers.Binary;
using static DataStoreFS.Caching.Disk.DiskSyscalls;

namespace DataStoreFS.Caching.Disk;

/// <summary>
/// The file <c>index</c> that all processes on a cache share: how many bytes and blocks each shard holds, and the byte-range locks under which
/// they change it. Read and written with system calls rather than mapped: a mapping of a file that somebody truncates kills the process (SIGBUS).
/// </summary>
/// <remarks>
/// Not thread-safe in one process, since the locks belong to the one descriptor: <see cref="DiskShards"/> is its only user. A file that
/// is gone, short or garbage counts as zeros; sweeps count again, so the figures heal.
/// </remarks>
internal sealed unsafe class DiskAccounts : IDisposable
{
    public const int BytesPerShard = 16;

    // Locks lie beyond the end of the file, where no content is.
    private const long SweepLock = 1 << 20;
    private const long ShardLocks = SweepLock + 1;
    private const long PresenceLock = ShardLocks + DiskFolder.Shards;

    private readonly DiskFolder _folder;
    private readonly int _fd;

    public DiskAccounts(DiskFolder folder)
    {
        _folder = folder;
        _fd = OpenFile(folder);
    }

    /// <summary>Waits up to a second for another process. False: that one is stuck or stopped.</summary>
    public bool TryEnter(byte shard) =>
        LockByte(_fd, ShardLocks + shard, true) || SpinWait.SpinUntil(() => LockByte(_fd, ShardLocks + shard, true), 1000);

    public void Leave(byte shard) => _ = LockByte(_fd, ShardLocks + shard, false);

    /// <summary>One process at a time makes room.</summary>
    public bool TryEnterSweep() => LockByte(_fd, SweepLock, true);

    /// <summary>Whether another process has the folder open (or may have, where the file system cannot tell).</summary>
    public bool IsShared => !IsByteFree(_fd, PresenceLock);

    public void LeaveSweep() => _ = LockByte(_fd, SweepLock, false);

    public (long Bytes, long Blocks) this[byte shard]
    {
        get
        {
            byte* record = stackalloc byte[BytesPerShard];
            bool whole = Read(_fd, record, BytesPerShard, shard * BytesPerShard) == BytesPerShard;
            return whole ? Parse(new ReadOnlySpan<byte>(record, BytesPerShard)) : default;
        }

        set
        {
            byte* record = stackalloc byte[BytesPerShard];
            BinaryPrimitives.WriteInt64LittleEndian(new Span<byte>(record, 8), Math.Max(value.Bytes, 0));
            BinaryPrimitives.WriteInt64LittleEndian(new Span<byte>(record + 8, 8), Math.Max(value.Blocks, 0));
            _ = Write(_fd, record, BytesPerShard, shard * BytesPerShard);
        }
    }

    public (long Bytes, long Blocks) Total()
    {
        const int AllBytes = DiskFolder.Shards * BytesPerShard;
        byte* records = stackalloc byte[AllBytes];
        nint got = Read(_fd, records, AllBytes, 0);
        (long bytes, long blocks) = (0L, 0L);
        for (int at = 0; at + BytesPerShard <= got; at += BytesPerShard)
        {
            (long shardBytes, long shardBlocks) = Parse(new ReadOnlySpan<byte>(records + at, BytesPerShard));
            bytes += shardBytes;
            blocks += shardBlocks;
        }

        return (bytes, blocks);
    }

    /// <summary>True when nothing has been counted yet although there may be files: a new or deleted index.</summary>
    public bool IsNew => !Status(_fd, out FileStatus status) || status.Length == 0 || status.Links == 0;

    /// <summary>After <see cref="DiskFolder.Recover"/>.</summary>
    public void Reopen()
    {
        int fresh = OpenFile(_folder);
        if (fresh >= 0)
        {
            _ = Duplicate(fresh, _fd, CloseOnExec);
            _ = Close(fresh);
        }
    }

    public void Dispose() => _ = Close(_fd);

    private static int OpenFile(DiskFolder folder)
    {
        int fd = folder.CreateFile(folder.Root, "index", ReadWrite | Exclusive);
        fd = fd >= 0 ? fd : folder.CreateFile(folder.Root, "index", ReadWrite);
        _ = ShareByte(fd, PresenceLock); // where it fails, IsShared fails as well
        return fd;
    }

    private static (long Bytes, long Blocks) Parse(ReadOnlySpan<byte> record)
    {
        // Bounded, so that garbage cannot overflow the sum of 256 shards.
        const long Most = long.MaxValue / 1024;
        return (
            Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(record), 0, Most),
            Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(record[8..]), 0, Most));
    }
}

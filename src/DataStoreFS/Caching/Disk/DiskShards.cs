using System.IO.Enumeration;
using static DataStoreFS.Caching.Disk.DiskSyscalls;

namespace DataStoreFS.Caching.Disk;

/// <summary>
/// Changes of what lies in the block folders. Each is made under the shard's lock, which holds between threads and between processes, so that
/// "nothing newer is there" stays true until the rename, and so that the accounts follow the files.
/// </summary>
internal sealed unsafe class DiskShards(DiskFolder folder, DiskAccounts accounts)
{
    /// <summary>Names of files that are being written begin with this.</summary>
    public const string NewPrefix = "new-";

    /// <summary>Files are accounted in the blocks that file systems use.</summary>
    private const int AllocationUnit = 4096;

    // The lock of this process; that between processes is taken inside. System calls are made under it: they are this class's own work.
    private readonly Lock _gate = new();

    public static long Allocated(long length) => (length + AllocationUnit - 1) & -AllocationUnit;

    public (long Bytes, long Blocks) Total() => accounts.Total();

    /// <summary>Gives a finished file its name unless something newer has it.</summary>
    /// <param name="shard">The folder.</param>
    /// <param name="temporary">Its name there so far.</param>
    /// <param name="name">Its name to be.</param>
    /// <param name="trailerBytes">Bytes of the trailers of that name.</param>
    /// <param name="fetched">When its content was asked for, UTC ticks.</param>
    /// <param name="length">Its bytes.</param>
    public DiskPublish Publish(byte shard, string temporary, string name, int trailerBytes, long fetched, long length) =>
        Replace(shard, temporary, name, trailerBytes, length, old => (old.Tombstone ? old.Fetched >= fetched : old.Fetched > fetched)
            ? DiskPublish.Outdated
            : DiskPublish.Done);

    /// <summary>
    /// Gives a tombstone its name, whatever is there: as late as that if it carries a later time, which is of a clock that has been set back.
    /// </summary>
    /// <param name="shard">The folder.</param>
    /// <param name="temporary">Its name there so far.</param>
    /// <param name="descriptor">It, empty and open for writing.</param>
    /// <param name="name">Its name to be.</param>
    /// <param name="trailerBytes">Bytes of the trailers of that name.</param>
    /// <param name="dropped">When the block changed, UTC ticks.</param>
    public DiskPublish Bury(byte shard, string temporary, int descriptor, string name, int trailerBytes, long dropped) =>
        Replace(shard, temporary, name, trailerBytes, DiskRecord.TombstoneBytes, old =>
        {
            byte* record = stackalloc byte[DiskRecord.TombstoneBytes];
            DiskRecord.WriteTombstone(new Span<byte>(record, DiskRecord.TombstoneBytes), Math.Max(dropped, old.Fetched));
            return Write(descriptor, record, DiskRecord.TombstoneBytes, 0) == DiskRecord.TombstoneBytes ? DiskPublish.Done : DiskPublish.Failed;
        });

    /// <summary>Deletes a file, for instance one that is damaged.</summary>
    public void Remove(byte shard, string name) => Remove(shard, [name]);

    /// <summary>Deletes files and returns the bytes that came free.</summary>
    public long Remove(byte shard, IEnumerable<string> names)
    {
        lock (_gate)
        {
            if (!accounts.TryEnter(shard))
            {
                return 0;
            }

            try
            {
                (long freed, long blocks) = (0L, 0L);
                int fd = folder.Shard(shard);
                foreach (string name in names)
                {
                    long length = Length(fd, name);
                    if (UnlinkAt(fd, name, 0) == 0)
                    {
                        freed += Allocated(length);
                        blocks++;
                    }
                }

                Add(shard, -freed, -blocks);
                return freed;
            }
            finally
            {
                accounts.Leave(shard);
            }
        }
    }

    /// <summary>Lists a shard, counts it anew and corrects its account; deletes what a killed process left half written.</summary>
    /// <param name="shard">The folder.</param>
    /// <param name="entries">Receives its blocks.</param>
    /// <param name="leftBefore">What began to be written before that is nobody's.</param>
    public void List(byte shard, List<DiskEntry> entries, DateTimeOffset leftBefore)
    {
        lock (_gate)
        {
            if (!accounts.TryEnter(shard))
            {
                return;
            }

            try
            {
                (long bytes, long blocks) = (0L, 0L);
                int fd = folder.Shard(shard);
                IEnumerable<DiskEntry> found = fd < 0 ? [] : Enumerate(shard, fd);
                foreach (DiskEntry entry in found)
                {
                    if (entry.Name.StartsWith(NewPrefix, StringComparison.Ordinal))
                    {
                        _ = entry.Written < leftBefore.UtcTicks ? UnlinkAt(fd, entry.Name, 0) : 0;
                        continue;
                    }

                    entries.Add(entry);
                    bytes += Allocated(entry.Length);
                    blocks++;
                }

                accounts[shard] = (bytes, blocks);
            }
            catch (IOException)
            {
                // Somebody is deleting the folder: it is listed again in the next sweep.
                accounts[shard] = default;
            }
            finally
            {
                accounts.Leave(shard);
            }
        }
    }

    /// <param name="shard">The folder.</param>
    /// <param name="temporary">Its name there so far.</param>
    /// <param name="name">Its name to be.</param>
    /// <param name="trailerBytes">Bytes of the trailers of that name.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="may">Told what is there, or nothing; anything but Done leaves everything as it is.</param>
    private DiskPublish Replace(
        byte shard, string temporary, string name, int trailerBytes, long length, Func<DiskRecordTrailer, DiskPublish> may)
    {
        lock (_gate)
        {
            if (!accounts.TryEnter(shard))
            {
                return DiskPublish.Busy;
            }

            try
            {
                _ = TryReadTrailer(shard, name, trailerBytes, out DiskRecordTrailer old, out long replaced);
                DiskPublish answer = may(old);
                if (answer != DiskPublish.Done)
                {
                    return answer;
                }

                int fd = folder.Shard(shard);
                if (RenameAt(fd, temporary, fd, name) != 0)
                {
                    return LastError == NoEntry ? DiskPublish.FolderGone : DiskPublish.Failed;
                }

                Add(shard, Allocated(length) - Allocated(replaced), replaced == 0 ? 1 : 0);
                return DiskPublish.Done;
            }
            finally
            {
                accounts.Leave(shard);
            }
        }
    }

    // By way of the descriptor, so that neither a renamed folder nor a link in the path leads elsewhere.
    private static FileSystemEnumerable<DiskEntry> Enumerate(byte shard, int fd) => new(
        $"/proc/self/fd/{fd}",
        (ref FileSystemEntry entry) => new DiskEntry(
            shard, entry.FileName.ToString(), entry.Length, entry.LastAccessTimeUtc.UtcTicks, entry.LastWriteTimeUtc.UtcTicks),
        new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = true })
    {
        ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
    };

    private void Add(byte shard, long bytes, long blocks)
    {
        (long oldBytes, long oldBlocks) = accounts[shard];
        accounts[shard] = (oldBytes + bytes, oldBlocks + blocks);
    }

    private bool TryReadTrailer(byte shard, string name, int trailerBytes, out DiskRecordTrailer trailer, out long length)
    {
        trailer = default;
        length = 0;
        int fd = OpenAt(folder.Shard(shard), name, ReadOnly | NoFollow | CloseOnExec, 0);
        if (fd < 0)
        {
            return false;
        }

        byte* bytes = stackalloc byte[DiskRecord.MaximumTrailerBytes];
        length = Status(fd, out FileStatus status) ? status.Length : 0;
        nint got = Read(fd, bytes, trailerBytes, Math.Max(length - trailerBytes, 0));
        _ = Close(fd);
        return got > 0 && DiskRecord.TryRead(new Span<byte>(bytes, (int)got), out trailer);
    }

    private static long Length(int shardFd, string name)
    {
        const int PathOnly = 0x200000; // O_PATH: no permission to read is needed
        int fd = OpenAt(shardFd, name, PathOnly | NoFollow | CloseOnExec, 0);
        if (fd < 0)
        {
            return 0;
        }

        long length = Status(fd, out FileStatus status) ? status.Length : 0;
        _ = Close(fd);
        return length;
    }
}

internal enum DiskPublish
{
    Done,

    /// <summary>Something newer is there: this content must not be shown.</summary>
    Outdated,

    /// <summary>Another process holds the shard and does not let go.</summary>
    Busy,

    /// <summary>The folder was deleted.</summary>
    FolderGone,
    Failed,
}

/// <param name="Shard">Its folder.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Used">Last access, UTC ticks.</param>
/// <param name="Written">Last write, UTC ticks.</param>
internal readonly record struct DiskEntry(byte Shard, string Name, long Length, long Used, long Written);

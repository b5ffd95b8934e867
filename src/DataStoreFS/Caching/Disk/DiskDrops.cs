using System.Text;
using DataStoreFS.Model;
using static DataStoreFS.Caching.Disk.DiskSyscalls;

namespace DataStoreFS.Caching.Disk;

/// <summary>
/// Makes blocks that changed unreadable: a tombstone with the time of the change takes the place of the file, and no process gives that place to
/// something that was asked for earlier. Reads of this process that are on their way see it by a count.
/// </summary>
internal sealed class DiskDrops(DiskFolder folder, DiskShards shards, DiskMarks marks) : IDisposable
{
    private const int Stripes = 256;

    private readonly int[] _counts = new int[Stripes];
    private readonly bool[] _touched = new bool[DiskFolder.Shards];
    private readonly Lock _gate = new();
    private readonly Dictionary<string, string?> _writing = [];

    public static int Stripe(in BlockKey key) => key.GetHashCode() & (Stripes - 1);

    /// <summary>A read whose stripe's count has changed between its begin and its end may have read the old block.</summary>
    public int Count(int stripe) => Volatile.Read(ref _counts[stripe]);

    public void Drop(DiskVolume volume, in BlockKey key, long now)
    {
        EnsureMark(volume);
        Span<byte> trailer = stackalloc byte[DiskRecord.MaximumTrailerBytes];
        Span<byte> nameBytes = stackalloc byte[DiskRecord.NameCharacters + 1];
        int trailerBytes = volume.WriteIdentity(key, trailer);
        byte shard = DiskRecord.Name(trailer[..trailerBytes], nameBytes);
        string name = Encoding.ASCII.GetString(nameBytes[..DiskRecord.NameCharacters]);
        if (!TryBury(shard, name, trailerBytes, now))
        {
            // No tombstone (disk full, another process stuck in this shard): then nothing of the volume that is older is shown. Coarse, and never
            // wrong.
            marks.SetFloor(volume.Mark, volume.RaiseFloor(now));
            shards.Remove(shard, name);
        }

        Volatile.Write(ref _touched[shard], true);
        Interlocked.Increment(ref _counts[Stripe(key)]);
    }

    /// <summary>Puts the changes on the disk and takes the marks away.</summary>
    public void Dispose()
    {
        bool durable = true;
        for (int shard = 0; shard < DiskFolder.Shards; shard++)
        {
            if (Volatile.Read(ref _touched[shard]))
            {
                durable &= Sync(folder.Shard((byte)shard)) == 0;
            }
        }

        foreach (string name in durable ? _writing.Values.OfType<string>() : [])
        {
            marks.EndWriting(name);
        }
    }

    private void EnsureMark(DiskVolume volume)
    {
        lock (_gate)
        {
            if (_writing.ContainsKey(volume.Mark))
            {
                return;
            }

            _writing[volume.Mark] = null;
        }

        string? name = marks.BeginWriting(volume.Mark);
        lock (_gate)
        {
            _writing[volume.Mark] = name;
        }
    }

    private bool TryBury(byte shard, string name, int trailerBytes, long now)
    {
        string temporary = DiskShards.NewPrefix + Guid.NewGuid().ToString("N");
        int shardFd = folder.Shard(shard, make: true);
        int fd = folder.CreateFile(shardFd, temporary, WriteOnly | Exclusive);
        if (fd < 0)
        {
            return false;
        }

        DiskPublish outcome = shards.Bury(shard, temporary, fd, name, trailerBytes, now);
        _ = Close(fd);
        _ = UnlinkAt(shardFd, temporary, 0); // where it has not got its name
        return outcome == DiskPublish.Done;
    }
}

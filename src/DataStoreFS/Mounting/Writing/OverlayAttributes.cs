using DataStoreFS.Overlay;
using LinuxFuse;

namespace DataStoreFS.Mounting.Writing;

/// <summary>What stat(2) shows of a file of the overlay: what the local file system says, under the mount's id.</summary>
internal static class OverlayAttributes
{
    /// <summary>Of attributes. Short, since two mounts of one dataset may share an overlay.</summary>
    public static TimeSpan ValidFor { get; } = TimeSpan.FromSeconds(1);

    public static FuseAttr Of(ulong id, in OverlayStat stat) => new()
    {
        Inode = id,
        Size = stat.Size,
        Blocks = stat.Blocks,
        Mode = stat.Mode,
        Links = (uint)Math.Min(stat.Links, uint.MaxValue),
        Uid = stat.Uid,
        Gid = stat.Gid,
        Device = (uint)stat.Device,
        Accessed = TimeOf(stat.Accessed),
        Modified = TimeOf(stat.Modified),
        Changed = TimeOf(stat.Changed),
    };

    /// <summary>
    /// A name is asked for again at every use: when a temporary file is renamed onto a block's name, the kernel takes the file along to that name,
    /// where it must find the block. Not by an invalidation of the name: writing that waits, deaf to SIGKILL, for the directory's lock (fs/fuse/dir.c
    /// fuse_reverse_inval_entry), which a program holds while its own lookup or create waits for the daemon. A daemon that is killed just then never
    /// dies and takes the program with it.
    /// </summary>
    public static FuseEntry EntryOf(ulong id, in OverlayStat stat) => new(new NodeId(id), Of(id, stat), TimeSpan.Zero, ValidFor);

    public static OverlayTime? TimeOf(FuseTime? time) => time is { } at ? new OverlayTime(at.Seconds, at.Nanoseconds) : null;

    private static FuseTime TimeOf(OverlayTime time) => new(time.Seconds, (uint)time.Nanoseconds);
}

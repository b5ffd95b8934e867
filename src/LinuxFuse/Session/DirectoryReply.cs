using System.Runtime.InteropServices;
using LinuxFuse.Protocol;

namespace LinuxFuse.Session;

/// <summary>Packs directory records into a request's reply, for READDIR and READDIRPLUS.</summary>
internal static unsafe class DirectoryReply
{
    private const int LongestName = 255;
    private const int Alignment = 8;

    /// <summary>
    /// An entry without attributes. In READDIRPLUS node 0 says so, and the kernel does not count it (fs/fuse/readdir.c fuse_direntplus_link).
    /// </summary>
    public static bool TryAdd(FuseRequest request, ReadOnlySpan<byte> name, ulong inode, FileType type, long next)
    {
        if (request.Opcode != FuseOpcode.ReadDirPlus)
            return TryWrite(request, [], name, inode, type, next);
        EntryOut none = default;
        none.Attributes.Inode = inode;
        none.Attributes.Type = type;
        return TryWrite(request, AsBytes(none), name, inode, type, next);
    }

    public static bool TryAdd(FuseRequest request, ReadOnlySpan<byte> name, in FuseEntry entry, long next)
    {
        EntryOut wire = Wire.Entry(entry);
        return TryWrite(request, AsBytes(wire), name, entry.Attributes.Inode, entry.Attributes.Type, next);
    }

    private static bool TryWrite(
        FuseRequest request, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> name, ulong inode, FileType type, long next)
    {
        ArgumentOutOfRangeException.ThrowIfZero(name.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, LongestName);
        if (request.IsReplied)
            throw new InvalidOperationException("entries were added to a reply that is sent");

        int size = (int)request.As<ReadIn>().Size;
        int start = request.Collected;
        int unpadded = prefix.Length + sizeof(Dirent) + name.Length;
        int padded = (unpadded + Alignment - 1) & -Alignment;
        if (padded > size - start)
            return false;

        Span<byte> record = request.ReplyBuffer(size).GetSpan().Slice(start, padded);
        prefix.CopyTo(record);
        Dirent header = new() { Inode = inode, Next = (ulong)next, NameLength = (uint)name.Length, Type = (uint)type >> 12 };
        MemoryMarshal.Write(record[prefix.Length..], header);
        name.CopyTo(record[(prefix.Length + sizeof(Dirent))..]);
        record[unpadded..].Clear();
        request.Collected = start + padded;
        return true;
    }

    private static ReadOnlySpan<byte> AsBytes(in EntryOut entry) => MemoryMarshal.AsBytes(new ReadOnlySpan<EntryOut>(in entry));
}

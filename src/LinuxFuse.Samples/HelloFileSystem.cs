namespace LinuxFuse.Samples;

/// <summary>The smallest file system that is worth mounting: one file in the root, answered from memory.</summary>
public sealed class HelloFileSystem : FuseFileSystem
{
    private static readonly ReadOnlyMemory<byte> s_content = "hello, world\n"u8.ToArray();
    private static readonly TimeSpan s_forever = TimeSpan.MaxValue;
    private static readonly NodeId s_file = new(2);
    private static readonly FuseAttr s_rootAttributes = new() { Inode = 1, Type = FileType.Directory, Permissions = 0b101_101_101, Links = 2 };
    private static readonly FuseAttr s_fileAttributes = new()
    {
        Inode = 2,
        Type = FileType.Regular,
        Permissions = 0b100_100_100,
        Size = s_content.Length,
    };

    protected override ValueTask<Errno> LookupAsync(LookupOp op) => new(op.Name.SequenceEqual("hello"u8)
        ? op.Reply(new FuseEntry(s_file, s_fileAttributes, s_forever))
        : op.ReplyMissing(s_forever));

    protected override ValueTask<Errno> GetAttrAsync(GetAttrOp op) =>
        new(op.Reply(op.Node == NodeId.Root ? s_rootAttributes : s_fileAttributes, s_forever));

    protected override ValueTask<Errno> OpenAsync(OpenOp op) => new(op.ReplyStateless());

    protected override ValueTask<Errno> ReadAsync(ReadOp op)
    {
        int start = (int)Math.Min(op.Offset, s_content.Length);
        return new(op.Reply(s_content.Slice(start, Math.Min(op.Size, s_content.Length - start))));
    }

    protected override ValueTask<Errno> OpenDirAsync(OpenOp op) => new(op.ReplyStateless());

    protected override ValueTask<Errno> ReadDirAsync(ReadDirOp op)
    {
        if (op.Offset == 0)
            op.TryAdd("hello"u8, s_file.Value, FileType.Regular, next: 1);
        return new(Errno.OK);
    }
}

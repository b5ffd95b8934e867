using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>
/// READDIR: names of a directory, from <see cref="Offset"/> on. Add until <c>TryAdd</c> says no or nothing is left, then return
/// <see cref="Errno.OK"/>.
/// </summary>
public readonly struct ReadDirOp
{
    private readonly RequestRef _request;

    internal ReadDirOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    public FileHandle Handle => new(_request.Value.As<ReadIn>().Handle);

    /// <summary>Where to continue: 0, or what any earlier entry of this handle gave as <c>next</c> (programs seek in directories).</summary>
    public long Offset => (long)_request.Value.As<ReadIn>().Offset;

    /// <summary>Bytes of the reply at most.</summary>
    public int Size => (int)_request.Value.As<ReadIn>().Size;

    /// <summary>False when the reply is full and the entry was not added. "." and ".." are the file system's to add, if it wants them.</summary>
    /// <param name="name">1 to 255 bytes.</param>
    /// <param name="inode">Shown as d_ino; 0 hides the entry from many programs.</param>
    /// <param name="type">What the entry is.</param>
    /// <param name="next">Where to continue after this entry; not 0.</param>
    public bool TryAdd(ReadOnlySpan<byte> name, ulong inode, FileType type, long next) =>
        DirectoryReply.TryAdd(_request.Value, name, inode, type, next);
}

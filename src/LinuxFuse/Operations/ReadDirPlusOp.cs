using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>READDIRPLUS: names of a directory together with their attributes, as if each had been looked up.</summary>
public readonly struct ReadDirPlusOp
{
    private readonly RequestRef _request;

    internal ReadDirPlusOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    public FileHandle Handle => new(_request.Value.As<ReadIn>().Handle);

    /// <inheritdoc cref="ReadDirOp.Offset"/>
    public long Offset => (long)_request.Value.As<ReadIn>().Offset;

    /// <summary>Bytes of the reply at most.</summary>
    public int Size => (int)_request.Value.As<ReadIn>().Size;

    /// <summary>The same request without attributes: what is added through it is not looked up.</summary>
    public ReadDirOp WithoutAttributes() => new(_request.Value);

    /// <summary>Adds an entry whose node counts as looked up if this returns true. Not for "." and "..".</summary>
    public bool TryAdd(ReadOnlySpan<byte> name, in FuseEntry entry, long next) =>
        DirectoryReply.TryAdd(_request.Value, name, entry, next);

    /// <inheritdoc cref="ReadDirOp.TryAdd"/>
    public bool TryAdd(ReadOnlySpan<byte> name, ulong inode, FileType type, long next) =>
        DirectoryReply.TryAdd(_request.Value, name, inode, type, next);
}

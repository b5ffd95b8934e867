using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>FALLOCATE: reserve or punch out space. Return <see cref="Errno.OK"/>, or EOPNOTSUPP for modes that are not supported.</summary>
public readonly struct FallocateOp
{
    private readonly RequestRef _request;

    internal FallocateOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    public FileHandle Handle => new(_request.Value.As<FallocateIn>().Handle);

    public long Offset => (long)_request.Value.As<FallocateIn>().Offset;

    public long Length => (long)_request.Value.As<FallocateIn>().Length;

    /// <summary>FALLOC_FL_* bits.</summary>
    public uint Mode => _request.Value.As<FallocateIn>().Mode;
}

using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>FSYNC and FSYNCDIR: make durable what was written.</summary>
public readonly struct FsyncOp
{
    private readonly RequestRef _request;

    internal FsyncOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    public FileHandle Handle => new(_request.Value.As<FsyncIn>().Handle);

    /// <summary>fdatasync(2): times need not be durable.</summary>
    public bool DataOnly => (_request.Value.As<FsyncIn>().Flags & 1) != 0;
}

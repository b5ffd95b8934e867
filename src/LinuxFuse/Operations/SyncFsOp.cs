using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>SYNCFS: make everything durable.</summary>
public readonly struct SyncFsOp
{
    private readonly RequestRef _request;

    internal SyncFsOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;
}

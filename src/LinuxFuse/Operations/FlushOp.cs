using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>
/// FLUSH: close(2) was called on one of the descriptors of an open file. Comes as often as descriptors are closed, also for duplicates and at exit.
/// </summary>
public readonly struct FlushOp
{
    private readonly RequestRef _request;

    internal FlushOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    public FileHandle Handle => new(_request.Value.As<FlushIn>().Handle);

    public ulong LockOwner => _request.Value.As<FlushIn>().LockOwner;
}

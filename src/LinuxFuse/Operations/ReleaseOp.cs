using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>RELEASE and RELEASEDIR: the last descriptor of an open file is gone. Comes once for each handle, some time after close(2).</summary>
public readonly struct ReleaseOp
{
    private readonly RequestRef _request;

    internal ReleaseOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    public FileHandle Handle => new(_request.Value.As<ReleaseIn>().Handle);

    public OpenFlags Flags => (OpenFlags)_request.Value.As<ReleaseIn>().Flags;

    public ulong LockOwner => _request.Value.As<ReleaseIn>().LockOwner;
}

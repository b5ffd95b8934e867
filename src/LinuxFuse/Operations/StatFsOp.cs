using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>STATFS: how full the file system is.</summary>
public readonly struct StatFsOp
{
    private readonly RequestRef _request;

    internal StatFsOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    /// <summary>Return what this returns.</summary>
    public Errno Reply(FuseStatFs status) => _request.Value.Reply(Wire.StatFs(status));
}

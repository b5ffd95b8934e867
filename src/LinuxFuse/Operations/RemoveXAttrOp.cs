using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>REMOVEXATTR: remove an extended attribute. Return <see cref="Errno.OK"/> or <see cref="Errno.ENODATA"/>.</summary>
public readonly struct RemoveXAttrOp
{
    private readonly RequestRef _request;

    internal RemoveXAttrOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    public ReadOnlySpan<byte> Name => _request.Value.Bytes(_request.Value.Name);
}

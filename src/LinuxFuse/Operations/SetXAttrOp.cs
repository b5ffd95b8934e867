using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>SETXATTR: set an extended attribute.</summary>
public readonly struct SetXAttrOp
{
    private readonly RequestRef _request;

    internal SetXAttrOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    /// <summary>Bytes as the program gave them, usually UTF-8; never empty, no NUL. Lies in the request's memory.</summary>
    public ReadOnlySpan<byte> Name => _request.Value.Bytes(_request.Value.Name);

    public ReadOnlySpan<byte> Value => _request.Value.Bytes(_request.Value.Rest);

    public SetXAttrFlags Flags => (SetXAttrFlags)_request.Value.As<SetXAttrIn>().Flags;
}

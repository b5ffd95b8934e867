using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>LINK: another name for a node.</summary>
public readonly struct LinkOp
{
    private readonly RequestRef _request;

    internal LinkOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    /// <summary>The existing node.</summary>
    public NodeId Node => new(_request.Value.As<LinkIn>().Node);

    public NodeId NewParent => _request.Value.Node;

    public ReadOnlySpan<byte> NewName => _request.Value.Bytes(_request.Value.Name);

    /// <summary>Answers with the new node. Return what this returns.</summary>
    public Errno Reply(in FuseEntry entry) => _request.Value.Reply(Wire.Entry(entry));
}

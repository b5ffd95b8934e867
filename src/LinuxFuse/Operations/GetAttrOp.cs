using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>GETATTR: the attributes of a node, when the kernel's copy has expired.</summary>
public readonly struct GetAttrOp
{
    private readonly RequestRef _request;

    internal GetAttrOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    /// <summary>The open file that fstat(2) was called on, if known.</summary>
    public FileHandle? Handle
    {
        get
        {
            GetAttrIn body = _request.Value.As<GetAttrIn>();
            return (body.Flags & GetAttrIn.HandleIsValid) != 0 ? new FileHandle(body.Handle) : null;
        }
    }

    /// <summary>Return what this returns.</summary>
    public Errno Reply(in FuseAttr attributes, TimeSpan validFor) => _request.Value.Reply(Wire.Attributes(attributes, validFor));
}

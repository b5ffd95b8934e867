using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>GETXATTR and LISTXATTR. An attribute that does not exist is <see cref="Errno.ENODATA"/>.</summary>
public readonly struct GetXAttrOp
{
    private readonly RequestRef _request;

    internal GetXAttrOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    /// <summary>The attribute, like <c>user.comment</c>; empty in LISTXATTR. Lies in the request's memory.</summary>
    public ReadOnlySpan<byte> Name => _request.Value.Bytes(_request.Value.Name);

    /// <summary>Room of the caller in bytes; 0 asks only for the length.</summary>
    public int Size => (int)Math.Min(_request.Value.As<GetXAttrIn>().Size, int.MaxValue);

    /// <summary>
    /// The value, or all names each ended by a NUL. Answers length or ERANGE where <see cref="Size"/> says so. Return what this returns.
    /// </summary>
    public Errno Reply(ReadOnlySpan<byte> value)
    {
        int size = Size;
        return size == 0 ? _request.Value.Reply(new GetXAttrOut { Size = (uint)value.Length })
            : value.Length > size ? Errno.ERANGE
            : _request.Value.Reply(value);
    }
}

using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>READLINK: where a symbolic link points.</summary>
public readonly struct ReadLinkOp
{
    private readonly RequestRef _request;

    internal ReadLinkOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    /// <summary>The target, without a NUL at its end; at most 4095 bytes. Return what this returns.</summary>
    public Errno Reply(ReadOnlySpan<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(target.Length, Wire.LongestPath);
        return _request.Value.Reply(target);
    }
}

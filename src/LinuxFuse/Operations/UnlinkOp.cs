using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>
/// UNLINK or RMDIR: take a name away. The node lives on while the kernel remembers it or has it open. Return <see cref="Errno.OK"/>.
/// </summary>
public readonly struct UnlinkOp
{
    private readonly RequestRef _request;

    internal UnlinkOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Parent => _request.Value.Node;

    /// <summary>Bytes as the program gave them, usually UTF-8; never empty, no slash, no NUL. Lies in the request's memory.</summary>
    public ReadOnlySpan<byte> Name => _request.Value.Bytes(_request.Value.Name);
}

using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>
/// ACCESS: may the caller? Never sent with <see cref="FuseOptions.DefaultPermissions"/>. Return <see cref="Errno.OK"/> or <see cref="Errno.EACCES"/>.
/// </summary>
public readonly struct AccessOp
{
    private readonly RequestRef _request;

    internal AccessOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    /// <summary>R_OK 4, W_OK 2, X_OK 1, F_OK 0.</summary>
    public uint Mask => _request.Value.As<AccessIn>().Mask;
}

using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>RENAME and RENAME2. An existing new name is replaced, unless the flags say otherwise. Return <see cref="Errno.OK"/>.</summary>
public readonly struct RenameOp
{
    private readonly RequestRef _request;

    internal RenameOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Parent => _request.Value.Node;

    /// <summary>Bytes as the program gave them, usually UTF-8; never empty, no slash, no NUL. Lies in the request's memory.</summary>
    public ReadOnlySpan<byte> Name => _request.Value.Bytes(_request.Value.Name);

    public NodeId NewParent => new(_request.Value.As<RenameIn>().NewParent);

    public ReadOnlySpan<byte> NewName => _request.Value.Bytes(_request.Value.Rest);

    /// <summary>Flags that are not supported must be refused with EINVAL.</summary>
    public RenameFlags Flags =>
        _request.Value.Opcode == FuseOpcode.Rename2 ? (RenameFlags)_request.Value.As<Rename2In>().Flags : RenameFlags.None;
}

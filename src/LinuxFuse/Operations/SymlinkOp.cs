using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>SYMLINK: make a symbolic link.</summary>
public readonly struct SymlinkOp
{
    private readonly RequestRef _request;

    internal SymlinkOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Parent => _request.Value.Node;

    /// <summary>Bytes as the program gave them, usually UTF-8; never empty, no slash, no NUL. Lies in the request's memory.</summary>
    public ReadOnlySpan<byte> Name => _request.Value.Bytes(_request.Value.Name);

    /// <summary>What the link says; any bytes but NUL.</summary>
    public ReadOnlySpan<byte> Target => _request.Value.Bytes(_request.Value.Rest);

    /// <summary>Answers with the new node. Return what this returns.</summary>
    public Errno Reply(in FuseEntry entry) => _request.Value.Reply(Wire.Entry(entry));
}

using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>LOOKUP: find a name in a directory. The kernel asks for every name that it has no valid entry of.</summary>
public readonly struct LookupOp
{
    private readonly RequestRef _request;

    internal LookupOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Parent => _request.Value.Node;

    /// <summary>Bytes as the program gave them, usually UTF-8; never empty, no slash, no NUL. Lies in the request's memory.</summary>
    public ReadOnlySpan<byte> Name => _request.Value.Bytes(_request.Value.Name);

    /// <summary>The name exists. This adds one lookup to the node. Return what this returns.</summary>
    public Errno Reply(in FuseEntry entry) => _request.Value.Reply(Wire.Entry(entry));

    /// <summary>Answers "no such file" and lets the kernel remember that. With zero the same as returning <see cref="Errno.ENOENT"/>.</summary>
    public Errno ReplyMissing(TimeSpan validFor) =>
        validFor <= TimeSpan.Zero ? Errno.ENOENT : _request.Value.Reply(Wire.NoEntry(validFor));
}

using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>MKDIR: make a directory.</summary>
public readonly struct MkdirOp
{
    private readonly RequestRef _request;

    internal MkdirOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Parent => _request.Value.Node;

    /// <summary>Bytes as the program gave them, usually UTF-8; never empty, no slash, no NUL. Lies in the request's memory.</summary>
    public ReadOnlySpan<byte> Name => _request.Value.Bytes(_request.Value.Name);

    /// <summary>Permissions; the kernel has applied the umask unless <see cref="FuseCapabilities.DontMask"/> is agreed.</summary>
    public uint Mode => _request.Value.As<MkdirIn>().Mode;

    public uint Umask => _request.Value.As<MkdirIn>().Umask;

    /// <summary>Answers with the new node. Return what this returns.</summary>
    public Errno Reply(in FuseEntry entry) => _request.Value.Reply(Wire.Entry(entry));
}

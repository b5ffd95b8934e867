using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>MKNOD: make a file, fifo, socket or device. Also regular files, where CREATE is not supported.</summary>
public readonly struct MknodOp
{
    private readonly RequestRef _request;

    internal MknodOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Parent => _request.Value.Node;

    /// <summary>Bytes as the program gave them, usually UTF-8; never empty, no slash, no NUL. Lies in the request's memory.</summary>
    public ReadOnlySpan<byte> Name => _request.Value.Bytes(_request.Value.Name);

    /// <summary>Type and permissions; the kernel has applied the umask unless <see cref="FuseCapabilities.DontMask"/> is agreed.</summary>
    public uint Mode => _request.Value.As<MknodIn>().Mode;

    public uint Device => _request.Value.As<MknodIn>().Device;

    public uint Umask => _request.Value.As<MknodIn>().Umask;

    /// <summary>Answers with the new node. Return what this returns.</summary>
    public Errno Reply(in FuseEntry entry) => _request.Value.Reply(Wire.Entry(entry));
}

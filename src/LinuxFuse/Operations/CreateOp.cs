using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>CREATE: make a regular file and open it. TMPFILE: the same without a name.</summary>
public readonly struct CreateOp
{
    private readonly RequestRef _request;

    internal CreateOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Parent => _request.Value.Node;

    /// <summary>The name; of no meaning in TMPFILE.</summary>
    public ReadOnlySpan<byte> Name => _request.Value.Bytes(_request.Value.Name);

    /// <summary>The flags of open(2). The file may exist by now: without <see cref="OpenFlags.Exclusive"/> it is then opened.</summary>
    public OpenFlags Flags => (OpenFlags)_request.Value.As<CreateIn>().Flags;

    public uint Mode => _request.Value.As<CreateIn>().Mode;

    public uint Umask => _request.Value.As<CreateIn>().Umask;

    /// <summary>Return what this returns.</summary>
    public Errno Reply(in FuseEntry entry, FileHandle handle, OpenReply flags = OpenReply.None) =>
        _request.Value.Reply(new CreateOut { Entry = Wire.Entry(entry), Open = Wire.Open(handle, flags, null) });

    /// <inheritdoc cref="OpenOp.Reply(FileHandle, OpenReply, BackingFile)"/>
    public Errno Reply(in FuseEntry entry, FileHandle handle, OpenReply flags, BackingFile backing) =>
        _request.Value.Reply(new CreateOut { Entry = Wire.Entry(entry), Open = Wire.Open(handle, flags, backing) });
}

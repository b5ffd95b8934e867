using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>OPEN and OPENDIR.</summary>
public readonly struct OpenOp
{
    private readonly RequestRef _request;

    internal OpenOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    /// <summary>The flags of open(2) without those that the kernel does itself (O_CREAT, O_EXCL, O_NOCTTY).</summary>
    public OpenFlags Flags => (OpenFlags)_request.Value.As<OpenIn>().Flags;

    /// <summary>Return what this returns.</summary>
    public Errno Reply(FileHandle handle, OpenReply flags = OpenReply.None) => _request.Value.Reply(Wire.Open(handle, flags, null));

    /// <summary>Reads and writes go to the backing file from now on, without the daemon. All opens of a node must agree on this.</summary>
    public Errno Reply(FileHandle handle, OpenReply flags, BackingFile backing) => _request.Value.Reply(Wire.Open(handle, flags, backing));

    /// <summary>
    /// Says that opening needs no answer at all, for this and every other node: handles are 0, pages (and listings, for OPENDIR) stay cached until
    /// invalidated. If the kernel can, it never asks again and sends no RELEASE either (nor FLUSH, for files).
    /// </summary>
    public Errno ReplyStateless()
    {
        FuseRequest request = _request.Value;
        bool isDirectory = request.Opcode == FuseOpcode.OpenDir;
        FuseCapabilities needed = isDirectory ? FuseCapabilities.NoOpenDir : FuseCapabilities.NoOpen;
        if (request.Session.Kernel.Has(needed))
            return Errno.ENOSYS;
        return Reply(default, isDirectory ? OpenReply.KeepCache | OpenReply.CacheDirectory : OpenReply.KeepCache);
    }
}

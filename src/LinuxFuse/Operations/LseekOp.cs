using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>LSEEK with SEEK_DATA or SEEK_HOLE. ENXIO past the end.</summary>
public readonly struct LseekOp
{
    private readonly RequestRef _request;

    internal LseekOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    public FileHandle Handle => new(_request.Value.As<LseekIn>().Handle);

    public long Offset => (long)_request.Value.As<LseekIn>().Offset;

    /// <summary>SEEK_DATA 3, SEEK_HOLE 4.</summary>
    public uint Whence => _request.Value.As<LseekIn>().Whence;

    /// <summary>Return what this returns.</summary>
    public Errno Reply(long offset) => _request.Value.Reply(new LseekOut { Offset = (ulong)offset });
}

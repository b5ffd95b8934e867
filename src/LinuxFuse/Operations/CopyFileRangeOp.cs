using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>COPY_FILE_RANGE within this file system.</summary>
public readonly struct CopyFileRangeOp
{
    /// <summary>MAX_RW_COUNT: what the kernel reads or writes at once. The reply of the older opcode has 32 bits.</summary>
    private const ulong LargestCount = 0x7ffff000;

    private readonly RequestRef _request;

    internal CopyFileRangeOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    public FileHandle Handle => new(Body.HandleIn);

    public long Offset => (long)Body.OffsetIn;

    public NodeId TargetNode => new(Body.NodeOut);

    public FileHandle TargetHandle => new(Body.HandleOut);

    public long TargetOffset => (long)Body.OffsetOut;

    public long Length => (long)Math.Min(Body.Length, _request.Value.Opcode == FuseOpcode.CopyFileRange64 ? long.MaxValue : LargestCount);

    private ref readonly CopyFileRangeIn Body => ref _request.Value.As<CopyFileRangeIn>();

    /// <summary>Bytes copied, fewer than <see cref="Length"/> if need be. Return what this returns.</summary>
    public Errno Reply(long copied)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(copied);
        if (_request.Value.Opcode == FuseOpcode.CopyFileRange64)
            return _request.Value.Reply(new CopyFileRangeOut { Copied = (ulong)copied });
        ArgumentOutOfRangeException.ThrowIfGreaterThan(copied, uint.MaxValue);
        return _request.Value.Reply(new WriteOut { Size = (uint)copied });
    }
}

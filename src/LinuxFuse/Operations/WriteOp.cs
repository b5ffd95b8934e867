using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>WRITE.</summary>
public readonly struct WriteOp
{
    private readonly RequestRef _request;

    internal WriteOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    public FileHandle Handle => new(_request.Value.As<WriteIn>().Handle);

    public long Offset => (long)_request.Value.As<WriteIn>().Offset;

    /// <summary>The flags of the open file.</summary>
    public OpenFlags Flags => (OpenFlags)_request.Value.As<WriteIn>().Flags;

    /// <summary>The kernel writes back its cache: <see cref="Handle"/> is one of the file's, the caller nobody in particular.</summary>
    public bool IsFromCache => (_request.Value.As<WriteIn>().WriteFlags & WriteIn.FromCache) != 0;

    /// <summary>Valid until the handler's task completes: copy what is to outlive it.</summary>
    public ReadOnlyMemory<byte> Data => _request.Value.Lend(_request.Value.Rest);

    /// <summary>
    /// The memory from <see cref="FuseFileSystem.RentWriteMemory"/> that the data was read into, all of it: from now on the caller's, and
    /// <see cref="Data"/> is of no use. Null if the data lies elsewhere: copy it.
    /// </summary>
    public IWriteMemory? TakeMemory() => _request.Value.TakeData();

    /// <summary>How many bytes were taken, usually all. Return what this returns.</summary>
    public Errno Reply(int written)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(written);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(written, _request.Value.Rest.Length);
        _request.Value.Session.Statistics.CountWritten(written);
        return _request.Value.Reply(new WriteOut { Size = (uint)written });
    }
}

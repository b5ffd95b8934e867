using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>READ. A reply shorter than <see cref="Size"/> means the end of the file (for cached files the kernel fills up with zeros).</summary>
public readonly struct ReadOp
{
    private readonly RequestRef _request;

    internal ReadOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    public FileHandle Handle => new(_request.Value.As<ReadIn>().Handle);

    public long Offset => (long)_request.Value.As<ReadIn>().Offset;

    /// <summary>Bytes wanted at most.</summary>
    public int Size => (int)_request.Value.As<ReadIn>().Size;

    /// <summary>The flags of the open file.</summary>
    public OpenFlags Flags => (OpenFlags)_request.Value.As<ReadIn>().Flags;

    /// <summary>
    /// The reply's own native memory of <see cref="Size"/> bytes, to fill and then <see cref="Reply(int)"/>. Its content is arbitrary at first.
    /// </summary>
    public Memory<byte> Buffer
    {
        get
        {
            int size = Size;
            return _request.Value.ReplyBuffer(size).Memory[..size];
        }
    }

    /// <summary>Replies with the first bytes of <see cref="Buffer"/>. Return what this returns.</summary>
    public Errno Reply(int length) => Reply(Buffer.Span[..length]);

    /// <summary>Replies with a copy-free view of any memory. It is free again when this returns.</summary>
    public Errno Reply(ReadOnlySpan<byte> data)
    {
        CheckSize(data.Length);
        return _request.Value.Reply(data);
    }

    /// <summary>
    /// Replies from memory that someone else owns, without copying. <paramref name="lease"/> is disposed once the kernel has the data.
    /// </summary>
    public Errno Reply(ReadOnlyMemory<byte> data, IDisposable? lease = null) => Reply(data, default, lease);

    /// <summary>As <see cref="Reply(ReadOnlyMemory{byte}, IDisposable)"/>, from two places, such as a header and what it describes.</summary>
    public Errno Reply(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second, IDisposable? lease = null)
    {
        try
        {
            CheckSize((long)first.Length + second.Length);
            return _request.Value.Reply(first, second);
        }
        finally
        {
            lease?.Dispose();
        }
    }

    /// <summary>As <see cref="Reply(ReadOnlyMemory{byte}, IDisposable)"/>, where the lender is its own lease.</summary>
    public Errno ReplyAndRelease(ReadOnlyMemory<byte> data, IReplyLease lease) => ReplyAndRelease(data, default, lease);

    /// <summary>As <see cref="ReplyAndRelease(ReadOnlyMemory{byte}, IReplyLease)"/>, from two places.</summary>
    public Errno ReplyAndRelease(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second, IReplyLease lease)
    {
        ArgumentNullException.ThrowIfNull(lease);
        try
        {
            CheckSize((long)first.Length + second.Length);
            return _request.Value.Reply(first, second);
        }
        finally
        {
            lease.Release();
        }
    }

    private void CheckSize(long length) => ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Size);
}

using System.Buffers;

namespace LinuxFuse.Session;

/// <summary>How a request is answered. Every method writes to the device at once, so its memory is free again when it returns.</summary>
internal sealed unsafe partial class FuseRequest
{
    private int _replied;
    private NativeBuffer? _reply;

    public bool IsReplied => Volatile.Read(ref _replied) != 0;

    /// <summary>Bytes of directory records that wait in <see cref="ReplyBuffer"/> for the end of the handler.</summary>
    public int Collected { get; set; }

    /// <summary>Memory of at least <paramref name="size"/> bytes for the reply, the request's own until its end.</summary>
    public NativeBuffer ReplyBuffer(int size)
    {
        if (_reply is { } reply && reply.Capacity >= size)
            return reply;
        if (_reply is { } small)
            Session.Buffers.Return(small);
        return _reply = Session.Buffers.Rent(size);
    }

    public Errno ReplyError(Errno error)
    {
        Claim();
        Session.Statistics.CountError();
        return Session.Send(this, error, null, 0, null, 0);
    }

    public Errno ReplyEmpty()
    {
        Claim();
        return Session.Send(this, Errno.OK, null, 0, null, 0);
    }

    public Errno Reply<T>(in T body)
        where T : unmanaged
    {
        Claim();
        fixed (T* pointer = &body)
            return Session.Send(this, Errno.OK, (byte*)pointer, sizeof(T), null, 0);
    }

    public Errno Reply<T>(in T body, ReadOnlySpan<byte> data)
        where T : unmanaged
    {
        Claim();
        fixed (T* pointer = &body)
        fixed (byte* dataPointer = data)
            return Session.Send(this, Errno.OK, (byte*)pointer, sizeof(T), dataPointer, data.Length);
    }

    public Errno Reply(ReadOnlySpan<byte> data)
    {
        Claim();
        fixed (byte* pointer = data)
            return Session.Send(this, Errno.OK, pointer, data.Length, null, 0);
    }

    public Errno Reply(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        // Before claiming: foreign memory may refuse, and then the request must still be answerable.
        using MemoryHandle firstPin = first.Pin();
        using MemoryHandle secondPin = second.Pin();
        Claim();
        return Session.Send(this, Errno.OK, (byte*)firstPin.Pointer, first.Length, (byte*)secondPin.Pointer, second.Length);
    }

    /// <summary>Replies with the directory records that were added.</summary>
    public Errno ReplyCollected() => Reply(_reply is { } reply ? reply.GetSpan()[..Collected] : default);

    private void RecycleReply()
    {
        Collected = 0;
        if (_reply is { } reply)
        {
            _reply = null;
            Session.Buffers.Return(reply);
        }

        Volatile.Write(ref _replied, 0);
    }

    private void Claim()
    {
        if (Interlocked.Exchange(ref _replied, 1) != 0)
            throw new InvalidOperationException($"{Opcode} of node {Header.Node} was answered twice");
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LinuxFuse.Protocol;
using Microsoft.Extensions.Logging;

namespace LinuxFuse.Session;

/// <summary>Takes one message off a reader: serves what has no reply at once, hands everything else to the file system.</summary>
internal sealed unsafe class RequestReceiver(FuseSession session, FuseFileSystem fileSystem, FuseOptions options)
{
    private readonly OwnRequests _ownRequests = new(options.RefuseOwnRequests);

    /// <summary>What the file system wants the next large WRITE to be read into. Null: nothing, or nothing that can lie over the buffer.</summary>
    public IWriteMemory? RentWriteMemory(NativeBuffer buffer)
    {
        try
        {
            IWriteMemory? memory = session.Handshake.IsDone ? fileSystem.RentWriteMemory() : null;
            if (memory is null || SplitMessage.Fits(buffer, memory.Memory.Length))
                return memory;
            memory.Release();
        }
        catch (Exception exception)
        {
            session.Logger.LogError(exception, "no memory for writes");
        }

        return null;
    }

    /// <summary>True if the buffer now belongs to the request. Never throws.</summary>
    /// <param name="channel">Where it came from.</param>
    /// <param name="buffer">The message.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="data">What lay over the buffer; null afterwards if it is not the reader's any more.</param>
    public bool Receive(DeviceChannel channel, NativeBuffer buffer, int length, ref IWriteMemory? data)
    {
        bool isSplit = data is not null && SplitMessage.Settle(buffer, length, data.Memory.Span);
        if (length < sizeof(InHeader))
        {
            session.Logger.LogError("dropped a message of {Length} bytes: shorter than a header", length);
            return false;
        }

        InHeader header = Unsafe.Read<InHeader>(buffer.Pointer);
        session.Statistics.CountRequest(header.Opcode);
        ReadOnlySpan<byte> body = new(buffer.Pointer + sizeof(InHeader), length - sizeof(InHeader));
        session.Trace?.Received(header, body);

        switch ((FuseOpcode)header.Opcode)
        {
            case FuseOpcode.Forget:
                if (TryRead(body, out ForgetIn forget))
                    Forget(header.Node, forget.Lookups);
                return false;

            case FuseOpcode.BatchForget:
                ForgetAll(body);
                return false;

            case FuseOpcode.Interrupt:
                if (TryRead(body, out InterruptIn interrupt))
                {
                    session.Statistics.CountInterrupt();
                    session.Interrupts.Received(interrupt.Unique);
                }

                return false;

            case FuseOpcode.NotifyReply:
                session.Notifications.Retrieved(header.Unique, body);
                return false;

            case FuseOpcode.Init:
                session.Handshake.Receive(channel, header.Unique, body);
                return false;

            case FuseOpcode.Destroy:
                session.SendError(channel, header.Unique, Errno.OK);
                return false;

            default:
                if (!isSplit && data is not null && length > FuseRequest.InlineBytes && (FuseOpcode)header.Opcode == FuseOpcode.Write)
                {
                    // Others are being written now: the file system knows better which.
                    data.Release();
                    data = null;
                }

                return Serve(channel, header, buffer, length, isSplit, ref data);
        }
    }

    private bool Serve(DeviceChannel channel, in InHeader header, NativeBuffer buffer, int length, bool isSplit, ref IWriteMemory? data)
    {
        if (header.Length != (uint)length || !session.Handshake.IsDone)
        {
            session.SendError(channel, header.Unique, Errno.EIO);
            return false;
        }

        bool takes = length > FuseRequest.InlineBytes;
        if (takes)
            session.Buffers.Hold();
        FuseRequest request = session.Requests.Rent();
        request.Accept(channel, buffer, length, isSplit ? data : null);
        if (isSplit)
            data = null;

        Errno refusal = RequestLayout.Check(request, session.MaxReplyBytes);
        if (refusal == Errno.OK && _ownRequests.MustRefuse(request))
            refusal = Errno.EDEADLK;
        if (refusal != Errno.OK)
        {
            request.Completion.Finish(refusal);
            return takes;
        }

        ValueTask<Errno> task;
        try
        {
            task = Dispatcher.Invoke(fileSystem, request);
        }
        catch (Exception exception)
        {
            request.Completion.Fail(exception);
            return takes;
        }

        request.Completion.Await(task);
        return takes;
    }

    private void ForgetAll(ReadOnlySpan<byte> body)
    {
        if (!TryRead(body, out BatchForgetIn batch))
            return;
        ReadOnlySpan<byte> rest = body[sizeof(BatchForgetIn)..];
        int whole = rest.Length / sizeof(ForgetOne) * sizeof(ForgetOne);
        ReadOnlySpan<ForgetOne> items = MemoryMarshal.Cast<byte, ForgetOne>(rest[..whole]);
        if (batch.Count < (uint)items.Length)
            items = items[..(int)batch.Count];
        foreach (ForgetOne item in items)
            Forget(item.Node, item.Lookups);
    }

    private void Forget(ulong node, ulong lookups)
    {
        try
        {
            fileSystem.Forget(new NodeId(node), lookups);
        }
        catch (Exception exception)
        {
            session.Logger.LogError(exception, "forgetting node {Node} failed", node);
        }
    }

    private static bool TryRead<T>(ReadOnlySpan<byte> body, out T value)
        where T : unmanaged => MemoryMarshal.TryRead(body, out value);
}

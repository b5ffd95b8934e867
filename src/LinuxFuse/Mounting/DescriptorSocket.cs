using LinuxFuse.Interop;
using Microsoft.Win32.SafeHandles;

namespace LinuxFuse.Mounting;

/// <summary>A socket pair over which one process gives another an open descriptor (SCM_RIGHTS).</summary>
internal static unsafe class DescriptorSocket
{
    private const int UnixDomain = 1;
    private const int StreamType = 1;
    private const int CloseOnExecType = 0x80000;
    private const int SocketLevel = 1;
    private const int RightsType = 1;
    private const int DoNotWait = 0x40;

    /// <summary>
    /// MSG_CMSG_CLOEXEC: the received descriptor would otherwise go to every child, and a child that lives on keeps a dead mount alive.
    /// </summary>
    private const int ReceiveCloseOnExec = 0x40000000;

    /// <summary>CMSG_LEN(sizeof(int)).</summary>
    private const nuint HeaderAndDescriptor = 20;

    public static (SafeFileHandle Ours, SafeFileHandle Theirs) CreatePair()
    {
        int* pair = stackalloc int[2];
        if (Libc.SocketPair(UnixDomain, StreamType | CloseOnExecType, 0, pair) != 0)
            throw new FuseException($"no socket for fusermount3: {Libc.Describe(Libc.LastErrno)}", Libc.LastErrno);
        return (new SafeFileHandle(pair[0], ownsHandle: true), new SafeFileHandle(pair[1], ownsHandle: true));
    }

    public static void Inherit(SafeFileHandle socket) => _ = Libc.Fcntl((int)socket.DangerousGetHandle(), Libc.SetDescriptorFlags, 0);

    /// <summary>The descriptor that was sent, or null if none was. Does not wait: to be called when the sender is done.</summary>
    public static SafeFileHandle? TryReceive(SafeFileHandle socket)
    {
        byte data;
        IoVector vector = new() { Base = &data, Length = 1 };
        DescriptorMessage control;
        MessageHeader message = new() { Vectors = &vector, VectorCount = 1, Control = &control, ControlLength = (nuint)sizeof(DescriptorMessage) };
        nint received = Libc.ReceiveMessage(socket, &message, ReceiveCloseOnExec | DoNotWait);
        bool isDescriptor = received > 0
            && message.ControlLength >= HeaderAndDescriptor
            && control.Level == SocketLevel && control.Type == RightsType;
        return isDescriptor ? new SafeFileHandle(control.Descriptor, ownsHandle: true) : null;
    }
}

using LinuxFuse.Interop;
using LinuxFuse.Notifications;
using LinuxFuse.Protocol;
using LinuxFuse.Tracing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace LinuxFuse.Session;

/// <summary>One connection to the kernel: what its parts share, and how replies leave.</summary>
internal sealed unsafe class FuseSession
{
    /// <summary>
    /// Room for headers beside the largest WRITE; the same margin as libfuse. A read(2) with less than max_write + 80 fails whatever is pending.
    /// </summary>
    private const int HeaderRoom = 4096;

    /// <summary>Readers of directories may ask for this much whatever was negotiated.</summary>
    private const int LeastReplyBytes = 1024 * 1024;

    public FuseSession(FuseMount mount, SafeFileHandle device, FuseFileSystem fileSystem, FuseOptions options)
    {
        Mount = mount;
        Logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger("LinuxFuse");
        Trace = options.TraceFile is { } path ? new TraceWriter(path) : null;
        Channel = new DeviceChannel(device);
        Buffers = new BufferPool(options.MaxWrite + HeaderRoom, options.MaxWriteBytesInFlight);
        Requests = new RequestPool(this);
        Errors = new ErrorPolicy(this, options.ErrorMapper);
        Handshake = new Handshake(this, fileSystem, options);
        Receiver = new RequestReceiver(this, fileSystem, options);
        Notifications = new NotificationQueue(Channel, Logger);
        Interrupts = new InterruptWatch(InFlight, options.MustEnd ?? PendingSignals.AskToEnd);
    }

    public FuseMount Mount { get; }

    public ILogger Logger { get; }

    public TraceWriter? Trace { get; }

    /// <summary>The first descriptor; the only one without <see cref="FuseOptions.CloneDevice"/>.</summary>
    public DeviceChannel Channel { get; }

    public BufferPool Buffers { get; }

    public RequestPool Requests { get; }

    public InFlightTable InFlight { get; } = new();

    public InterruptWatch Interrupts { get; }

    public ErrorPolicy Errors { get; }

    public Handshake Handshake { get; }

    public RequestReceiver Receiver { get; }

    public NotificationQueue Notifications { get; }

    public FuseStatistics Statistics { get; } = new();

    /// <summary>Set once, by INIT.</summary>
    public FuseKernel Kernel { get; set; } = new(0, 0, FuseCapabilities.None, FuseCapabilities.None, 0, 0, 0, 0);

    public int MaxReplyBytes => Math.Max(LeastReplyBytes, Kernel.MaxPages * Environment.SystemPageSize);

    /// <summary>Sends a request's reply. What this returns is what the handler returns; by then the request is answered.</summary>
    public Errno Send(FuseRequest request, Errno error, byte* first, int firstLength, byte* second, int secondLength)
    {
        ulong unique = request.Header.Unique;
        int length = firstLength + secondLength;
        if (request.Opcode == FuseOpcode.Read && error == Errno.OK)
            Statistics.CountRead(length);
        Trace?.Replied(unique, request.Opcode, error, length);

        Errno sent = request.Channel.Write(unique, -(int)error, first, firstLength, second, secondLength);
        if (sent is Errno.OK or Errno.ENOENT or Errno.ENODEV)
            return sent;
        if (sent is Errno.ECONNABORTED or Errno.EPIPE or Errno.ECONNRESET)
            return Errno.ENODEV;

        // The kernel still waits for this request: better an error than for ever.
        Logger.LogError("the reply to {Opcode} {Unique} ({Length} bytes) was refused: {Reason}", request.Opcode, unique, length, Libc.Describe(sent));
        _ = request.Channel.Write(unique, -(int)Errno.EIO, null, 0, null, 0);
        return sent;
    }

    /// <summary>Answers a message that never became a request.</summary>
    public Errno Send(DeviceChannel channel, ulong unique, InitOut body)
    {
        Trace?.Replied(unique, FuseOpcode.Init, Errno.OK, sizeof(InitOut));
        return channel.Write(unique, 0, (byte*)&body, sizeof(InitOut), null, 0);
    }

    /// <inheritdoc cref="Send(DeviceChannel, ulong, InitOut)"/>
    public void SendError(DeviceChannel channel, ulong unique, Errno error)
    {
        if (error != Errno.OK)
            Statistics.CountError();
        Trace?.Replied(unique, null, error, 0);
        _ = channel.Write(unique, -(int)error, null, 0, null, 0);
    }
}

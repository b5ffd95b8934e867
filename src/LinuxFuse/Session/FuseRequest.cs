using System.Runtime.CompilerServices;
using LinuxFuse.Protocol;

namespace LinuxFuse.Session;

/// <summary>One request from reading to completion: its message, and the memory of its reply. Ops are views of it.</summary>
/// <remarks>
/// Contract. Owned by the reader that took it from the <see cref="RequestPool"/> until the handler returned, then, if the handler went asynchronous,
/// by that handler's continuation. Goes back to the pool in <see cref="RequestCompletion"/>, exactly once; there <see cref="Version"/> grows, which
/// makes every op over it throw. A message of up to <see cref="InlineBytes"/> is copied into the request's own memory, a larger one takes the
/// reader's buffer along. Data of a WRITE may lie in memory of the file system's (<see cref="IWriteMemory"/>).
/// </remarks>
internal sealed unsafe partial class FuseRequest : IDisposable
{
    /// <summary>A name is at most 255 bytes (FUSE_NAME_MAX is 1024), a symlink's target and most xattrs less than a page.</summary>
    public const int InlineBytes = 4096 + 256;

    private readonly NativeBuffer _inline = new(InlineBytes);
    private NativeBuffer? _large;
    private IWriteMemory? _data;
    private int _length;

    public FuseRequest(FuseSession session)
    {
        Session = session;
        Completion = new RequestCompletion(this);
    }

    public FuseSession Session { get; }

    public RequestCompletion Completion { get; }

    /// <summary>Belongs to <see cref="InFlightTable"/>.</summary>
    public InterruptState Interrupt;

    /// <summary>Where the message came from, and its reply must go.</summary>
    public DeviceChannel Channel { get; private set; } = null!;

    public int Version { get; private set; }

    public ref readonly InHeader Header => ref Unsafe.AsRef<InHeader>(Message);

    public FuseOpcode Opcode => (FuseOpcode)Header.Opcode;

    public NodeId Node => new(Header.Node);

    public CancellationToken InterruptToken => Session.InFlight.TokenOf(this);

    private byte* Message => (_large ?? _inline).Pointer;

    /// <summary>Everything after the header.</summary>
    public ReadOnlySpan<byte> Body => new(Message + sizeof(InHeader), _length - sizeof(InHeader));

    /// <summary>The first name of the message, without its NUL. <see cref="RequestLayout"/> found it.</summary>
    public Slice Name { get; set; }

    /// <summary>The second name, or the data after struct and name.</summary>
    public Slice Rest { get; set; }

    public ReadOnlySpan<byte> Bytes(Slice slice) => Body.Slice(slice.Start, slice.Length);

    public ReadOnlyMemory<byte> Lend(Slice slice) =>
        _data is { } data && slice == Rest ? data.Memory : (_large ?? _inline).Memory.Slice(sizeof(InHeader) + slice.Start, slice.Length);

    /// <summary>The struct at the start of the body. <see cref="RequestLayout"/> checked that it is there.</summary>
    public ref readonly T As<T>()
        where T : unmanaged => ref Unsafe.AsRef<T>(Message + sizeof(InHeader));

    /// <summary>The memory that a WRITE's data was read into becomes the caller's, once.</summary>
    public IWriteMemory? TakeData() => Interlocked.Exchange(ref _data, null);

    /// <summary>Takes the message out of the reader's buffer, and the data that lies over it. True if it took the buffer itself.</summary>
    public bool Accept(DeviceChannel channel, NativeBuffer buffer, int length, IWriteMemory? data = null)
    {
        Channel = channel;
        _data = data;
        _length = length;
        Name = default;
        Rest = default;
        bool takes = length > InlineBytes;
        if (takes)
            _large = buffer;
        else
            Unsafe.CopyBlock(_inline.Pointer, buffer.Pointer, (uint)length);
        return takes;
    }

    /// <summary>Ends this life: buffers go back, ops over the request throw from now on.</summary>
    public void Recycle()
    {
        Version++;
        TakeData()?.Release();
        if (_large is { } large)
        {
            _large = null;
            Session.Buffers.ReturnHeld(large);
        }

        RecycleReply();
    }

    public void Dispose() => _inline.Free();

    /// <summary>A part of <see cref="Body"/>.</summary>
    internal readonly record struct Slice(int Start, int Length);
}

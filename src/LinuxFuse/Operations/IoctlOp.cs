using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>IOCTL of a command whose number tells the sizes of its data. Unknown commands are <see cref="Errno.ENOTTY"/>.</summary>
public readonly struct IoctlOp
{
    private readonly RequestRef _request;

    internal IoctlOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    public FileHandle Handle => new(_request.Value.As<IoctlIn>().Handle);

    public uint Command => _request.Value.As<IoctlIn>().Command;

    public ulong Argument => _request.Value.As<IoctlIn>().Argument;

    public ReadOnlySpan<byte> Input => _request.Value.Bytes(_request.Value.Rest);

    /// <summary>Bytes that the caller takes at most.</summary>
    public int OutputSize => (int)Math.Min(_request.Value.As<IoctlIn>().OutputSize, int.MaxValue);

    /// <summary>What ioctl(2) returns (not negative), and its data. Return what this returns.</summary>
    public Errno Reply(int result, ReadOnlySpan<byte> output = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(output.Length, OutputSize);
        return _request.Value.Reply(new IoctlOut { Result = result }, output);
    }
}

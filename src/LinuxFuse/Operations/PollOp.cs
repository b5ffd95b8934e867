using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>POLL. Never sent again once it was ENOSYS: files are then always ready.</summary>
public readonly struct PollOp
{
    private readonly RequestRef _request;

    internal PollOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    public FileHandle Handle => new(_request.Value.As<PollIn>().Handle);

    /// <summary>For <see cref="FuseNotifier.PollWakeup"/>, if <see cref="WantsWakeup"/>.</summary>
    public ulong KernelHandle => _request.Value.As<PollIn>().KernelHandle;

    public bool WantsWakeup => (_request.Value.As<PollIn>().Flags & 1) != 0;

    /// <summary>POLLIN and its kin that are asked for.</summary>
    public uint Events => _request.Value.As<PollIn>().Events;

    /// <summary>Return what this returns.</summary>
    public Errno Reply(uint events) => _request.Value.Reply(new PollOut { Events = events });
}

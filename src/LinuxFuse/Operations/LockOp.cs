using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>
/// GETLK, SETLK and SETLKW: fcntl(2) and, if agreed, flock(2) locks. Only with <see cref="FuseCapabilities.PosixLocks"/> or
/// <see cref="FuseCapabilities.FlockLocks"/>.
/// </summary>
public readonly struct LockOp
{
    private readonly RequestRef _request;

    internal LockOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    public FileHandle Handle => new(_request.Value.As<LockIn>().Handle);

    public ulong Owner => _request.Value.As<LockIn>().Owner;

    /// <summary>First byte.</summary>
    public ulong Start => _request.Value.As<LockIn>().Lock.Start;

    /// <summary>Last byte, included.</summary>
    public ulong End => _request.Value.As<LockIn>().Lock.End;

    public LockType Type => (LockType)_request.Value.As<LockIn>().Lock.Type;

    public int Pid => (int)_request.Value.As<LockIn>().Lock.Pid;

    public bool IsFlock => (_request.Value.As<LockIn>().Flags & 1) != 0;

    /// <summary>The caller waits for the lock until it is interrupted.</summary>
    public bool Waits => _request.Value.Opcode == FuseOpcode.SetLockWait;

    /// <summary>Answers GETLK: the lock in the way, or <see cref="LockType.Unlock"/>. Return what this returns.</summary>
    public Errno Reply(LockType type, ulong start, ulong end, int pid) =>
        _request.Value.Reply(new LockRange { Type = (uint)type, Start = start, End = end, Pid = (uint)pid });
}

using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>What is common to all requests. Valid until the handler's task completes.</summary>
public readonly struct RequestInfo
{
    private readonly RequestRef _request;

    internal RequestInfo(RequestRef request) => _request = request;

    /// <summary>The kernel's number of the request, as in the trace.</summary>
    public ulong Unique => _request.Value.Header.Unique;

    public FuseOpcode Opcode => (FuseOpcode)_request.Value.Header.Opcode;

    public Caller Caller
    {
        get
        {
            Protocol.InHeader header = _request.Value.Header;
            return new(header.Uid, header.Gid, (int)header.Pid);
        }
    }

    /// <summary>
    /// Cancelled when the calling process is to end (killed by whatever signal, or Ctrl-C and Ctrl-\ even where it handles them), for
    /// <see cref="LockOp.Waits"/> at any signal: then answer EINTR (letting the <see cref="OperationCanceledException"/> out does), or finish as if
    /// nothing had happened. A killed process stays until its request is answered. Signals that a program goes on after cancel nothing, since EINTR
    /// would reach it as an error of its file. Also cancelled when the connection ends.
    /// </summary>
    /// <remarks>Created on first use. Belongs to the request: nothing that outlives the handler may keep it.</remarks>
    public CancellationToken Interrupted => _request.Value.InterruptToken;
}

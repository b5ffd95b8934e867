using System.Runtime.InteropServices;
using LinuxFuse.Protocol;
using Microsoft.Extensions.Logging;

namespace LinuxFuse.Session;

/// <summary>INIT: the first message, and the only one until it is answered.</summary>
internal sealed class Handshake(FuseSession session, FuseFileSystem fileSystem, FuseOptions options) : IDisposable
{
    /// <summary>Fields up to flags. Kernels before 7.36 send no more.</summary>
    private const int OldInitBytes = 16;

    private readonly TaskCompletionSource<FuseKernel> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ended = new();
    private int _begun;
    private volatile bool _done;

    /// <summary>The kernel and the file system agree. Faulted if they do not or the connection ended before.</summary>
    public Task<FuseKernel> Result => _result.Task;

    public bool IsDone => _done;

    /// <summary>Completes when <see cref="FuseFileSystem.InitAsync"/> is over, or at once if it was never called.</summary>
    public Task Settled { get; private set; } = Task.CompletedTask;

    /// <summary>The file system saw the mount begin, so it is owed its end.</summary>
    public bool FileSystemIsInitialized { get; private set; }

    public void Receive(DeviceChannel channel, ulong unique, ReadOnlySpan<byte> body)
    {
        if (body.Length < OldInitBytes)
        {
            session.SendError(channel, unique, Errno.EINVAL);
            return;
        }

        InitIn offer = default;
        Span<byte> whole = MemoryMarshal.AsBytes(new Span<InitIn>(ref offer));
        body[..Math.Min(body.Length, whole.Length)].CopyTo(whole);
        if (offer.Major > InitNegotiation.Major)
        {
            // By protocol: name the version that we speak, and the kernel sends an INIT of that one.
            session.Send(channel, unique, new InitOut { Major = InitNegotiation.Major, Minor = InitNegotiation.NewestMinor });
            return;
        }

        if (offer.Major < InitNegotiation.Major || offer.Minor < InitNegotiation.OldestMinor)
        {
            session.SendError(channel, unique, Errno.EPROTO);
            Fail(
                new FuseException(
                    $"the kernel speaks FUSE {offer.Major}.{offer.Minor}; 7.{InitNegotiation.OldestMinor} or newer is needed", Errno.EPROTO));
            return;
        }

        if (Interlocked.Exchange(ref _begun, 1) != 0)
        {
            session.SendError(channel, unique, Errno.EIO);
            return;
        }

        (InitOut reply, FuseKernel kernel) = InitNegotiation.Negotiate(offer, options);
        session.Kernel = kernel;
        Settled = AnswerAsync(channel, unique, reply, kernel);
    }

    /// <summary>The connection ended; whoever waits for the handshake must not any longer.</summary>
    public void Fail(FuseException reason)
    {
        _ = _ended.CancelAsync();
        _result.TrySetException(reason);
    }

    public void Dispose() => _ended.Dispose();

    private async Task AnswerAsync(DeviceChannel channel, ulong unique, InitOut reply, FuseKernel kernel)
    {
        try
        {
            await fileSystem.InitAsync(session.Mount, _ended.Token).ConfigureAwait(false);
            FileSystemIsInitialized = true;
        }
        catch (Exception exception)
        {
            session.SendError(channel, unique, Errno.EIO);
            _result.TrySetException(exception);
            return;
        }

        // Before the reply: the first request may follow at once.
        _done = true;
        Errno sent = session.Send(channel, unique, reply);
        if (sent != Errno.OK)
        {
            _result.TrySetException(new FuseException($"the kernel refused the answer to INIT: {Interop.Libc.Describe(sent)}", sent));
            return;
        }

        session.Logger.LogDebug("FUSE 7.{Minor}, max_write {MaxWrite}, {Capabilities}", kernel.Minor, kernel.MaxWrite, kernel.Agreed);
        _result.TrySetResult(kernel);
    }
}

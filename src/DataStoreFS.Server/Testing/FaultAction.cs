using System.Buffers.Binary;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.Testing;

namespace DataStoreFS.Server;

/// <summary>One way in which a request fails. An action may be used for many requests.</summary>
public abstract class FaultAction
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private protected FaultAction()
    {
    }

    /// <summary>Completes when the first request has run into it.</summary>
    public Task Reached => _reached.Task;

    /// <summary>
    /// The request is not run; this is the answer. An empty body is what the original sends for a block file that is being created.
    /// </summary>
    public static FaultAction Status(int status, string body = "") => new StatusFault(status, body);

    /// <summary>The connection is closed without an answer; the request is not run.</summary>
    public static FaultAction Close() => new CloseFault();

    /// <summary>
    /// The request is run once a gate opens: a stalled server, until the test releases it. A client that goes away ends the waiting.
    /// </summary>
    public static FaultAction Wait(Task gate) => new WaitFault(cancellation => gate.WaitAsync(cancellation));

    /// <summary>The request is run after a time.</summary>
    public static FaultAction Delay(TimeSpan time) => new WaitFault(cancellation => Task.Delay(time, cancellation));

    /// <summary>The request is run and answered, but the connection breaks after this many bytes of the body.</summary>
    public static FaultAction CutBody(int bytes) => new BodyFault(body => body, cutAt: bytes);

    /// <summary>The request is run, then the connection is closed and nothing of the answer is sent.</summary>
    public static FaultAction LoseAnswer() => new BodyFault(body => body, cutAt: -1);

    /// <summary>The request is run; the client gets another body than the true one, correctly framed.</summary>
    public static FaultAction Rewrite(Func<byte[], byte[]> body) => new BodyFault(body);

    /// <summary>The first frame of a block answer claims another size; its payload stays.</summary>
    public static FaultAction LieAboutSize(int x, int y, int z) => new BodyFault(body =>
    {
        BinaryPrimitives.WriteInt32BigEndian(body, x);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(4), y);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(8), z);
        return body;
    });

    /// <summary>The body is sent in pieces, each after a gate.</summary>
    /// <param name="bytes">Of a piece.</param>
    /// <param name="gate">Awaited before each piece, which it is told the number of.</param>
    public static FaultAction Trickle(int bytes, Func<int, Task> gate) => new BodyFault(body => body, pieces: bytes, gate: gate);

    internal Task ApplyAsync(Exchange exchange, Func<Exchange, Task> run)
    {
        _reached.TrySetResult();
        return RunAsync(exchange, run);
    }

    private protected abstract Task RunAsync(Exchange exchange, Func<Exchange, Task> run);

    private sealed class StatusFault(int status, string body) : FaultAction
    {
        private protected override Task RunAsync(Exchange exchange, Func<Exchange, Task> run) => exchange.TextAsync(status, body);
    }

    private sealed class CloseFault : FaultAction
    {
        private protected override Task RunAsync(Exchange exchange, Func<Exchange, Task> run)
        {
            exchange.Http.Abort();
            return Task.CompletedTask;
        }
    }

    private sealed class WaitFault(Func<CancellationToken, Task> gate) : FaultAction
    {
        private protected override async Task RunAsync(Exchange exchange, Func<Exchange, Task> run)
        {
            Task waiting = gate(exchange.Aborted);
            await waiting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (waiting.IsCompletedSuccessfully)
            {
                await run(exchange).ConfigureAwait(false);
            }
        }
    }

    private sealed class BodyFault(Func<byte[], byte[]> rewrite, int? cutAt = null, int pieces = 0, Func<int, Task>? gate = null) : FaultAction
    {
        private protected override async Task RunAsync(Exchange exchange, Func<Exchange, Task> run)
        {
            byte[] body = await CapturedBody.RunAsync(exchange, run).ConfigureAwait(false);
            long announced = exchange.Http.Response.ContentLength ?? body.Length;
            body = rewrite(body);
            if (cutAt is int cut)
            {
                await CutAsync(exchange, body, cut, announced).ConfigureAwait(false);
                return;
            }

            exchange.Http.Response.ContentLength = body.Length;
            int step = pieces > 0 ? pieces : Math.Max(body.Length, 1);
            for (int at = 0, piece = 0; at < body.Length; at += step, piece++)
            {
                await (gate?.Invoke(piece) ?? Task.CompletedTask).WaitAsync(exchange.Aborted).ConfigureAwait(false);
                await exchange.Body.WriteAsync(body.AsMemory(at, Math.Min(step, body.Length - at)), exchange.Aborted).ConfigureAwait(false);
            }
        }

        private static async Task CutAsync(Exchange exchange, byte[] body, int cut, long announced)
        {
            if (cut < 0)
            {
                exchange.Http.Abort();
                return;
            }

            // No abort here: it would reset the connection, and the client would lose what it has been sent. A body that is shorter than its
            // announced length makes Kestrel close the connection in an orderly way.
            exchange.Http.Response.ContentLength = Math.Max(announced, cut + 1L);
            await exchange.Body.WriteAsync(body.AsMemory(0, Math.Min(cut, body.Length)), exchange.Aborted).ConfigureAwait(false);
        }
    }
}

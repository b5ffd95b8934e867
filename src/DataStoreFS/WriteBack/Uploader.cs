using System.Threading.Channels;
using DataStoreFS.Model;
using DataStoreFS.Remote;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.WriteBack;

/// <summary>
/// Sends pending blocks. No timers gather batches: while all senders are busy, blocks queue; a free sender takes what is queued for an image.
/// A batch that fails is sent again and then split until its culprit is alone, so that one bad block fails nobody else's close(). Between two tries
/// it keeps no sender from the others.
/// </summary>
internal sealed class Uploader : IAsyncDisposable
{
    private readonly PendingBlocks _pending;
    private readonly IBlockWriter _writer;
    private readonly IUploadOutcome _outcome;
    private readonly UploadSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _turns; // as many as there are senders, also for those who try again
    private readonly Lock _gate = new();
    private readonly List<Task> _retries = [];
    private Task[] _senders = [];
    private long _bodyLimit;

    public Uploader(PendingBlocks pending, IBlockWriter writer, IUploadOutcome outcome, UploadSettings settings, TimeProvider time, ILogger log)
    {
        (_pending, _writer, _outcome, _settings, _time, _log) = (pending, writer, outcome, settings, time, log);
        _bodyLimit = settings.Limit.Bytes;
        _turns = new SemaphoreSlim(settings.Senders);
    }

    /// <summary>Bytes of a body that the server is believed to take; shrinks when it refuses what it takes in parts.</summary>
    public long BodyLimit => Volatile.Read(ref _bodyLimit);

    /// <summary>Nothing is sent before. Once.</summary>
    public void Start() => _senders = [.. Enumerable.Range(0, _settings.Senders).Select(_ => Task.Run(SendAsync))];

    /// <summary>Stops sending; a request that is on its way is cut off, its blocks stay pending.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_senders).ConfigureAwait(false); // only they begin retries
        await Task.WhenAll(_retries).ConfigureAwait(false);
        _turns.Dispose();
        _stop.Dispose();
    }

    private async Task SendAsync()
    {
        ChannelReader<ImageAddress> announced = _pending.Announced;
        try
        {
            while (await announced.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
            {
                await _turns.WaitAsync(_stop.Token).ConfigureAwait(false);
                try
                {
                    if (announced.TryRead(out ImageAddress? image) &&
                        _pending.Take(image, _settings.Limit with { Bytes = BodyLimit }) is { Count: > 0 } taken)
                    {
                        Batch batch = new(image, _time.GetTimestamp()) { Parts = [new Part(taken, 0)] };
                        if (await SendAsync(batch).ConfigureAwait(false) is { } pause)
                        {
                            SendLater(batch, pause);
                        }
                    }
                }
                finally
                {
                    _turns.Release();
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _log.LogTrace("A sender stops");
        }
    }

    private void SendLater(Batch batch, TimeSpan pause)
    {
        Task retry = SendAgainAsync(batch, pause);
        lock (_gate)
        {
            _retries.RemoveAll(r => r.IsCompletedSuccessfully);
            _retries.Add(retry);
        }
    }

    private async Task SendAgainAsync(Batch batch, TimeSpan? pause)
    {
        try
        {
            while (pause is { } rest)
            {
                await Task.Delay(rest, _time, _stop.Token).ConfigureAwait(false);
                await _turns.WaitAsync(_stop.Token).ConfigureAwait(false);
                try
                {
                    pause = await SendAsync(batch).ConfigureAwait(false);
                }
                finally
                {
                    _turns.Release();
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _log.LogTrace("A batch is not tried again");
        }
    }

    /// <summary>Breadth first: every part is tried in every round, so that the culprit's retries do not hold up the others.</summary>
    /// <returns>After which time it wants to be called again; null when nothing of the batch is left.</returns>
    private async Task<TimeSpan?> SendAsync(Batch batch)
    {
        while (batch.Parts.Count > 0)
        {
            List<Part> again = [];
            DataStoreException? unreachable = null;
            foreach (Part part in batch.Parts)
            {
                unreachable = await TryAsync(batch.Image, part, again).ConfigureAwait(false) ?? unreachable;
            }

            batch.Parts = again;
            batch.Rounds++;
            if (unreachable is not null && again.Count > 0)
            {
                List<PendingBlock> left = [.. again.SelectMany(p => p.Blocks)];
                bool patient = _time.GetElapsedTime(batch.Started) < _settings.GiveUpAfter && unreachable.Kind != DataStoreErrorKind.Unauthorized;
                bool wanted = _pending.AnyoneWaits(left);
                if (!patient || (!wanted && again.TrueForAll(p => p.Blocks.Count == 1)))
                {
                    await PostponeAsync(left, unreachable).ConfigureAwait(false);
                    return null;
                }

                if (wanted)
                {
                    return Pause(batch.Rounds - 1);
                }
            }
        }

        return null;
    }

    /// <summary>One POST. What has to be sent again goes into <paramref name="again"/>; the answer is a fault that waiting may cure.</summary>
    private async Task<DataStoreException?> TryAsync(ImageAddress image, Part part, List<Part> again)
    {
        List<LentBlock> lent = [];
        try
        {
            lent.AddRange(part.Blocks.Select(Lend).OfType<LentBlock>());
            DataStoreException? fault = lent.Count == 0 ? null : await PostAsync(image, lent).ConfigureAwait(false);
            if (fault is null)
            {
                await AcceptAsync(lent).ConfigureAwait(false);
                LearnLimit(part);
                return null;
            }

            bool curable = IsCurable(fault);
            if (!curable && lent.Count == 1)
            {
                await RefuseAsync(lent[0], fault).ConfigureAwait(false);
                return null;
            }

            List<PendingBlock> blocks = [.. lent.Select(l => l.Block)];
            bool split = blocks.Count > 1 && (!curable || part.Tries > 0);
            if (!split)
            {
                again.Add(new Part(blocks, part.Tries + 1));
            }
            else
            {
                Halves halves = new(BytesOf(lent));
                int half = blocks.Count / 2;
                again.Add(new Part(blocks[..half], part.Tries, curable ? null : halves));
                again.Add(new Part(blocks[half..], part.Tries, curable ? null : halves));
            }

            return curable ? fault : null;
        }
        finally
        {
            lent.ForEach(l => l.Dispose());
        }
    }

    private LentBlock? Lend(PendingBlock block)
    {
        long sequence = 0;
        try
        {
            return _pending.Lend(block, out sequence);
        }
        catch (DataStoreException fault)
        {
            // The journal's bytes of an acknowledged write cannot be read: nothing is left to send, all that remains is to say so.
            _log.LogError("Cannot send {Address}: {Reason}", block.Address, fault.Message);
            _pending.Refused(block, sequence, fault);
            return null;
        }
    }

    private async Task<DataStoreException?> PostAsync(ImageAddress image, List<LentBlock> lent)
    {
        try
        {
            List<BlockWrite> writes = [.. lent.Select(l => new BlockWrite(l.Block.Address.X, l.Block.Address.Y, l.Block.Address.Z, l.Buffer))];
            await _writer.WriteBlocksAsync(image, writes, _stop.Token).ConfigureAwait(false);
            return null;
        }
        catch (DataStoreException fault)
        {
            return fault;
        }
        catch (Exception unforeseen) when (!_stop.IsCancellationRequested)
        {
            // A sender must outlive whatever a client throws, or its blocks would wait for ever.
            _log.LogError(unforeseen, "The client failed in an unforeseen way");
            return new DataStoreException(DataStoreErrorKind.Protocol, $"writing to {image.Uuid} failed: {unforeseen.Message}", unforeseen);
        }
    }

    private async Task AcceptAsync(List<LentBlock> lent)
    {
        foreach (LentBlock block in lent)
        {
            try
            {
                await _outcome.AcceptedAsync(block).ConfigureAwait(false);
                _pending.Accepted(block.Block, block.Sequence);
            }
            catch (DataStoreException fault)
            {
                _pending.Refused(block.Block, block.Sequence, fault);
            }
        }
    }

    private async Task RefuseAsync(LentBlock block, DataStoreException fault)
    {
        try
        {
            await _outcome.RefusedAsync(block, fault).ConfigureAwait(false);
            _pending.Refused(block.Block, block.Sequence, fault);
        }
        catch (DataStoreException local)
        {
            await PostponeAsync(block, local).ConfigureAwait(false); // could not be parked, and must not vanish
        }
    }

    private async Task PostponeAsync(IEnumerable<PendingBlock> blocks, DataStoreException fault)
    {
        foreach (PendingBlock block in blocks)
        {
            using LentBlock? version = Lend(block);
            if (version is not null)
            {
                await PostponeAsync(version, fault).ConfigureAwait(false);
            }
        }
    }

    private async Task PostponeAsync(LentBlock version, DataStoreException fault)
    {
        BlockAddress address = version.Block.Address;
        try
        {
            await _outcome.PostponedAsync(version, fault).ConfigureAwait(false);
            _pending.Postpone(version.Block, version.Sequence, fault);
        }
        catch (DataStoreException local)
        {
            // Its closers hear that it was not saved. Kept in memory all the same, such blocks would pile up for as long as the outage lasts.
            _log.LogError("{Address} is neither on the server ({Reason}) nor kept: {Local}", address, fault.Message, local.Message);
            _pending.GiveUp(version.Block, version.Sequence, local, _outcome.KeptOf(address));
        }
    }

    private TimeSpan Pause(int round)
    {
        double doubled = _settings.FirstPause.TotalMilliseconds * Math.Pow(2, Math.Min(round, 20));
        double bounded = Math.Min(doubled, _settings.LongestPause.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(bounded * (0.75 + (Random.Shared.NextDouble() / 2))); // senders that failed together do not return together
    }

    private static bool IsCurable(DataStoreException fault) => fault.Kind is
        DataStoreErrorKind.Unreachable or DataStoreErrorKind.Timeout or DataStoreErrorKind.Unauthorized or DataStoreErrorKind.Protocol;

    private static long BytesOf(List<LentBlock> lent) => lent.Sum(l => BatchSize.FrameBytes(l.Buffer.Length));

    /// <summary>Both halves of a refused batch were taken: it was refused for its size (413), not for a block in it.</summary>
    private void LearnLimit(Part part)
    {
        if (part.Halves is { } halves && halves.CountTaken() == 2 && halves.Bytes <= BodyLimit)
        {
            Volatile.Write(ref _bodyLimit, Math.Max(1, halves.Bytes / 2));
            _log.LogWarning("The server takes no request of {Bytes} bytes; batches are smaller from now on", halves.Bytes);
        }
    }

    /// <summary>What was taken at once and is not done yet.</summary>
    private sealed class Batch(ImageAddress image, long started)
    {
        public ImageAddress Image { get; } = image;

        public long Started { get; } = started;

        public List<Part> Parts { get; set; } = [];

        public int Rounds { get; set; }
    }

    private sealed record Part(List<PendingBlock> Blocks, int Tries, Halves? Halves = null);

    private sealed class Halves(long bytes)
    {
        private int _taken;

        public long Bytes { get; } = bytes;

        public int CountTaken() => Interlocked.Increment(ref _taken);
    }
}

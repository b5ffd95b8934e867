using System.Collections.Concurrent;
using System.Threading.Channels;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;

namespace DataStoreFS.Tests.Support;

/// <summary>
/// A DataStore in memory whose answers come when the test says so. Each call for blocks shows up in <see cref="Calls"/>; nothing is delivered until
/// the test releases it, or at once with <see cref="AnswerAtOnce"/>.
/// </summary>
internal sealed class ScriptedClient(NativeBlockPool pool) : IDataStoreClient
{
    private readonly Channel<ScriptedCall> _calls = Channel.CreateUnbounded<ScriptedCall>();

    public string Server { get; init; } = "http://scripted:1";

    public TimeSpan RoundTrip { get; set; }

    public TimeSpan Effort { get; set; }

    /// <summary>Every call is answered when it is made.</summary>
    public bool AnswerAtOnce { get; set; }

    /// <summary>What a block's voxels are; null for a missing block.</summary>
    public Func<ImageAddress, BlockRequest, byte?> Content { get; set; } = (_, block) => (byte)(1 + block.X);

    /// <summary>All calls, in the order in which they came.</summary>
    public ConcurrentQueue<ScriptedCall> Calls { get; } = new();

    public int Asked => Calls.Sum(c => c.Blocks.Count);

    /// <summary>The next call that has not been taken yet, when it comes.</summary>
    public ValueTask<ScriptedCall> NextAsync() => _calls.Reader.ReadAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);

    public bool TryNext(out ScriptedCall? call) => _calls.Reader.TryRead(out call);

    public async Task ReadBlocksAsync(ImageAddress image, IReadOnlyList<BlockRequest> blocks, IBlockSink sink, CancellationToken cancellationToken)
    {
        ScriptedCall call = new(this, image, blocks, sink);
        Calls.Enqueue(call);
        if (AnswerAtOnce)
        {
            call.Answer();
            return;
        }

        await _calls.Writer.WriteAsync(call, cancellationToken);
        await call.End.Task.WaitAsync(cancellationToken);
    }

    public BlockBuffer? Make(ImageAddress image, BlockRequest request)
    {
        if (Content(image, request) is not { } content)
        {
            return null;
        }

        BlockBuffer block = pool.Rent(BlockBuffer.HeaderBytes + (int)(request.Size.Count * request.VoxelBytes));
        N5Header.Write(block.GetSpan(), request.Size);
        block.WritablePayload.Fill(content);
        return block;
    }

    public Task<string> GetDatasetJsonAsync(string uuid, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string> GetXmlAsync(string uuid, string version, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<int> ResolveLatestAsync(string uuid, Size3 resolution, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<int> StartWritingAsync(string uuid, Size3 resolution, string version, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task WriteBlocksAsync(ImageAddress image, IReadOnlyList<BlockWrite> blocks, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

internal sealed class ScriptedCall(ScriptedClient client, ImageAddress image, IReadOnlyList<BlockRequest> blocks, IBlockSink sink)
{
    private int _delivered;

    public ImageAddress Image => image;

    public IReadOnlyList<BlockRequest> Blocks => blocks;

    public IEnumerable<int> Xs => blocks.Select(b => b.X);

    public TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The next block arrives.</summary>
    public void Deliver()
    {
        BlockBuffer? block = client.Make(image, blocks[_delivered]);
        sink.Deliver(_delivered, block, block is null ? default : blocks[_delivered].Size);
        _delivered++;
    }

    /// <summary>All that is left arrives, and the answer ends.</summary>
    public void Answer()
    {
        while (_delivered < blocks.Count)
        {
            Deliver();
        }

        End.TrySetResult();
    }

    /// <param name="kind">What went wrong.</param>
    /// <param name="isAnswer">Whether the server said so.</param>
    public void Fail(DataStoreErrorKind kind, bool isAnswer = false) =>
        End.TrySetException(new DataStoreException(kind, $"scripted {kind}") { IsAnswer = isAnswer });
}

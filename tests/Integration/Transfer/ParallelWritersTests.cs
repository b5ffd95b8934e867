using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.Transfer;

namespace Integration.Transfer;

public sealed class ParallelWritersTests
{
    private const int Writers = 100;
    private const int BlocksEach = 5;

    [Fact]
    public async Task AHundredWritersOfOneDatasetLoseNoUpdate()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();

        // One row of 500 blocks; writer w has blocks w, w + 100, w + 200, ...
        SampleTree tree = new()
        {
            Type = VoxelType.UInt8,
            Dimensions = new(Writers * BlocksEach * 8, 8, 8),
            Levels = [(new(1, 1, 1), new(8, 8, 8))],
            Setups = [(0, 0, 0, 0)],
            Timepoints = [0],
            Exists = _ => false,
        };
        PushResult made = await fixture.PushAsync(tree.Write(fixture.NewFolder()));
        ImageAddress image = new(made.Source.Uuid!, new Size3(1, 1, 1), "0", 0, 0, 0);
        using NativeBlockPool pool = new();
        using Barrier ready = new(Writers);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Factory.StartNew(
            async () =>
            {
                // Each with connections of its own, as a task on a cluster has.
                await using DataStoreClient client = new(fixture.Client.Server, pool, new RemoteOptions { Timeout = TimeSpan.FromMinutes(2) });
                ready.SignalAndWait();
                for (int i = 0; i < BlocksEach; i++)
                {
                    BlockBuffer block = Block(pool, (i * Writers) + writer);
                    await client.WriteBlocksAsync(image, [new BlockWrite((i * Writers) + writer, 0, 0, block)], CancellationToken.None);
                    block.Release();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap()));

        PullResult pulled = await fixture.PullAsync(made.Source, fixture.NewFolder());
        Assert.Equal(Writers * BlocksEach, pulled.Blocks);
        Assert.Equal(0, pulled.Missing);
        string container = Path.Combine(Path.GetDirectoryName(pulled.XmlPath)!, "export.n5/setup0/timepoint0/s0");
        N5Compression compression = new N5TreeReader(
            Path.Combine(Path.GetDirectoryName(pulled.XmlPath)!, "export.n5")).ReadAttributes("setup0/timepoint0/s0").Compression;
        for (int x = 0; x < Writers * BlocksEach; x++)
        {
            BlockBuffer expected = Block(pool, x);
            BlockBuffer found = N5BlockCodec.Decode(
                await File.ReadAllBytesAsync(Path.Combine(container, $"{x}/0/0")), compression, 1, new(8, 8, 8), pool);
            Assert.True(expected.Memory.Span.SequenceEqual(found.Memory.Span), $"block {x}");
            expected.Release();
            found.Release();
        }

        Assert.Equal(0, pool.Rented);
    }

    private static BlockBuffer Block(NativeBlockPool pool, int seed)
    {
        BlockBuffer block = pool.Rent(BlockBuffer.HeaderBytes + 512);
        N5Header.Write(block.GetSpan(), new Size3(8, 8, 8));
        new Random(seed).NextBytes(block.WritablePayload);
        return block;
    }
}

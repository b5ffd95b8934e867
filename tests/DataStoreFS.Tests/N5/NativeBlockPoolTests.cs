using System.Globalization;
using DataStoreFS.N5;

namespace DataStoreFS.Tests.N5;

public sealed class NativeBlockPoolTests
{
    private const int Block = (512 << 10) + BlockBuffer.HeaderBytes;

    [Fact]
    public void BuffersOfAllSizesAreDisjointAndKeepWhatWasWritten()
    {
        using NativeBlockPool pool = new();
        Random random = new(5);
        List<(BlockBuffer Buffer, byte Mark)> held = [];
        for (int i = 0; i < 2000; i++)
        {
            if (held.Count > 60 || (held.Count > 0 && random.Next(3) == 0))
            {
                int at = random.Next(held.Count);
                (BlockBuffer buffer, byte mark) = held[at];
                held.RemoveAt(at);
                Assert.Equal(-1, buffer.GetSpan().IndexOfAnyExcept(mark));
                buffer.Release();
                continue;
            }

            int length = random.Next(4) switch
            {
                0 => BlockBuffer.HeaderBytes,
                1 => random.Next(20, 70_000),
                2 => Block,
                _ => random.Next(3 << 20, 4 << 20),
            };
            BlockBuffer rented = pool.Rent(length);
            Assert.Equal(length, rented.Length);
            rented.GetSpan().Fill((byte)i);
            held.Add((rented, (byte)i));
        }

        Assert.Equal(held.Count, pool.Rented);
        held.ForEach(pair => pair.Buffer.Release());
        Assert.Equal(0, pool.Rented);
        Assert.Equal(0, pool.RentedBytes);
    }

    [Fact]
    public void ReleasedMemoryIsRentedAgain()
    {
        using NativeBlockPool pool = new();
        BlockBuffer first = pool.Rent(Block);
        first.Release();
        BlockBuffer second = pool.Rent(Block);

        Assert.Same(first, second);
        second.Release();
    }

    [Fact]
    public void PagesBeyondTheAmountToKeepGoBackToTheSystem()
    {
        const int Count = 400;
        using NativeBlockPool pool = new(keepBytes: 4 << 20);
        List<BlockBuffer> held = [.. Enumerable.Range(0, Count).Select(_ => pool.Rent(Block))];
        held.ForEach(buffer => buffer.GetSpan().Fill(1));
        long full = ResidentBytes(held);
        held.ForEach(buffer => buffer.Release());
        long left = ResidentBytes(held);

        Assert.True(full >= (long)Count * Block, $"{full} bytes are resident while {Count} blocks are held");
        Assert.True(left <= 8 << 20, $"{left} bytes are resident after all were released");
    }

    [Fact]
    public void PagesStayWhileAllThereIsLiesWithinTheBudget()
    {
        const int Count = 100;
        using NativeBlockPool pool = new(keepBytes: 4 << 20, budgetBytes: 2 * Count * (Block + 4096L));
        List<BlockBuffer> held = [.. Enumerable.Range(0, Count).Select(_ => pool.Rent(Block))];
        held.ForEach(buffer => buffer.GetSpan().Fill(1));
        held.ForEach(buffer => buffer.Release());

        Assert.True(ResidentBytes(held) >= (long)Count * Block);
    }

    [Fact]
    public void WhatANewSizeNeedsIsTakenFromTheFreeMemoryOfOthers()
    {
        const int Count = 100;
        const int Other = Block + (64 << 10);
        using NativeBlockPool pool = new(keepBytes: 4 << 20, budgetBytes: Count * (Block + 4096L));
        List<BlockBuffer> before = [.. Enumerable.Range(0, Count).Select(_ => pool.Rent(Block))];
        before.ForEach(buffer => buffer.GetSpan().Fill(1));
        before.ForEach(buffer => buffer.Release());
        List<BlockBuffer> now = [.. Enumerable.Range(0, Count).Select(_ => pool.Rent(Other))];
        long left = ResidentBytes(before);
        now.ForEach(buffer => buffer.Release());

        Assert.True(left <= 8 << 20, $"{left} bytes of a size that nobody wants are resident while the budget is used up by another");
        Assert.Equal(0, pool.Rented);
    }

    [Fact]
    public void LargeBlocksOfEverDifferentSizesLeaveNoMappingsBehind()
    {
        using NativeBlockPool pool = new();
        int before = File.ReadLines("/proc/self/maps").Count();
        for (int i = 0; i < 1000; i++)
        {
            BlockBuffer buffer = pool.Rent((20 << 20) + (i * 4096));
            buffer.GetSpan()[i] = 1;
            buffer.Release();
        }

        Assert.InRange(File.ReadLines("/proc/self/maps").Count() - before, -1000, 500);
    }

    [Fact]
    public void WhatIsReleasedAfterTheEndIsFreed()
    {
        NativeBlockPool pool = new(keepBytes: 0);
        BlockBuffer late = pool.Rent(Block);
        BlockBuffer early = pool.Rent(Block);
        early.Release();
        pool.Dispose();
        late.GetSpan().Fill(7); // still the holder's
        late.Release();

        Assert.Equal(0, pool.Rented);
        Assert.Throws<ObjectDisposedException>(() => pool.Rent(Block));
    }

    [Fact]
    public async Task ManyThreadsShareAPool()
    {
        using NativeBlockPool pool = new(keepBytes: 1 << 20);
        await Task.WhenAll(Enumerable.Range(1, 4).Select(mark => Task.Run(() =>
        {
            for (int i = 0; i < 300; i++)
            {
                BlockBuffer buffer = pool.Rent(Block - (i % 3 * 8192));
                buffer.GetSpan().Fill((byte)mark);
                Assert.Equal(-1, buffer.GetSpan().IndexOfAnyExcept((byte)mark));
                buffer.Release();
            }
        })));
        Assert.Equal(0, pool.Rented);
    }

    /// <summary>What is in memory of the mappings that these buffers are pieces of, by /proc/self/smaps.</summary>
    private static unsafe long ResidentBytes(List<BlockBuffer> buffers)
    {
        long resident = 0;
        bool ours = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            string[] words = line.Split([' ', '-'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 2 && ulong.TryParse(words[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong begin)
                && ulong.TryParse(words[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong end))
            {
                ours = buffers.Any(buffer => (ulong)buffer.Pointer >= begin && (ulong)buffer.Pointer < end);
            }
            else if (ours && words[0] == "Rss:")
            {
                resident += long.Parse(words[1], CultureInfo.InvariantCulture) << 10;
            }
        }

        return resident;
    }
}

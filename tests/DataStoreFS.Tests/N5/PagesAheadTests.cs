using System.Collections.Concurrent;
using System.Globalization;
using DataStoreFS.N5;

namespace DataStoreFS.Tests.N5;

/// <summary>Which huge pages a pool touches ahead of what it cuts, and when.</summary>
public sealed unsafe class PagesAheadTests
{
    private const int Block = (512 << 10) + BlockBuffer.HeaderBytes;

    /// <summary>With its first so many blocks a size has used 4 MiB; the first three lie in small pages.</summary>
    private const int Proven = 8;

    private const long Budget = 1L << 30;
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    private readonly BlockingCollection<nint> _touched = [];
    private readonly List<BlockBuffer> _held = [];
    private Thread? _thread;

    [Fact]
    public void PagesAheadOfBlocksAreTouchedBeforeBlocksReachThem()
    {
        using NativeBlockPool pool = new(0, Budget, Record);
        Rent(pool, Proven);
        nint first = TakeTouched();
        nint second = TakeTouched();

        Assert.Equal(0, first % PageMapping.HugePageBytes);
        Assert.Equal(first + PageMapping.HugePageBytes, second);
        Assert.All(
            _held,
            buffer => Assert.False((nint)buffer.Pointer + buffer.Capacity > first && (nint)buffer.Pointer < second + PageMapping.HugePageBytes));
        ReleaseAll(pool);
    }

    [Fact]
    public void TheFirstPagesOfTheNextSlabAreTouchedBeforeItIsNeeded()
    {
        using NativeBlockPool pool = new(0, Budget, Record);
        Rent(pool, 3 + 63);
        nint slab = (nint)_held[3].Pointer;
        nint next;
        do
        {
            next = TakeTouched();
        }
        while (next >= slab && next < slab + (32 << 20));

        Rent(pool, 1);
        Assert.Equal(next, (nint)_held[^1].Pointer);
        ReleaseAll(pool);
    }

    [Fact]
    public void EachOfFourSizesHasPagesAheadAndNoFifth()
    {
        using NativeBlockPool pool = new(0, Budget, Record);
        HashSet<nint> pages = [];
        for (int size = 0; size < 4; size++)
        {
            _held.AddRange(Enumerable.Range(0, Proven).Select(_ => pool.Rent(Block + (size * 8192))));
            Assert.True(pages.Add(TakeTouched()));
            Assert.True(pages.Add(TakeTouched()));
        }

        _held.AddRange(Enumerable.Range(0, Proven).Select(_ => pool.Rent(Block - 8192)));
        End(pool);
        Assert.Empty(_touched);
        ReleaseAll(pool);
    }

    [Fact]
    public void NeverMoreThanTwoPagesAreAhead()
    {
        bool isBeyond = false;
        using NativeBlockPool pool = new(0, Budget, page =>
        {
            lock (_held)
            {
                // Of the slab that is being cut: it holds 63 blocks, and three lie in the small one before it.
                int last = _held.Count - 1;
                nint slab = (nint)_held[3 + ((last - 3) / 63 * 63)].Pointer;
                nint cut = (nint)_held[last].Pointer + _held[last].Capacity - slab;
                isBeyond |= page >= slab
                    && page < slab + (32 << 20)
                    && page - slab + PageMapping.HugePageBytes > cut + (3 * PageMapping.HugePageBytes);
            }

            return Record(page);
        });
        for (int i = 0; i < 500; i++)
        {
            lock (_held)
            {
                Rent(pool, 1);
            }
        }

        _ = TakeTouched();
        End(pool);
        Assert.False(isBeyond);
        ReleaseAll(pool);
    }

    [Fact]
    public void AMountThatNobodyReadsAndSizesThatHardlyOccurTouchNothing()
    {
        using NativeBlockPool pool = new(0, Budget, Record);
        Assert.False(pool.IsTouching);
        for (int i = 0; i < 50; i++)
        {
            int length = Block - (i * 8192);
            _held.AddRange(Enumerable.Range(0, Proven - 1).Select(_ => pool.Rent(length)));
        }

        Assert.False(pool.IsTouching);
        ReleaseAll(pool);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Proven * (Block + 4096L))]
    public void NothingIsTouchedBeyondTheBudget(long budgetBytes)
    {
        using NativeBlockPool pool = new(0, budgetBytes, Record);
        Rent(pool, 200);

        Assert.False(pool.IsTouching);
        ReleaseAll(pool);
    }

    [Fact]
    public void BlocksThatAreUsedAgainTouchNothing()
    {
        using NativeBlockPool pool = new(0, Budget, Record);
        for (int i = 0; i < 200; i++)
        {
            pool.Rent(Block).Release();
        }

        Assert.False(pool.IsTouching);
    }

    [Fact]
    public void AKernelThatCannotIsAskedOnce()
    {
        int calls = 0;
        using NativeBlockPool pool = new(0, Budget, page =>
        {
            calls++;
            Record(page);
            return false;
        });
        Rent(pool, Proven);
        _ = TakeTouched();
        Rent(pool, 200);
        End(pool);

        Assert.Equal(1, calls);
        ReleaseAll(pool);
    }

    [Fact]
    public void MemoryStaysWhileItIsTouchedThoughThePoolEndsAndGoesThen()
    {
        long before = VirtualBytes();
        for (int round = 0; round < 200; round++)
        {
            using SemaphoreSlim ended = new(0);
            NativeBlockPool pool = new(0, Budget, page =>
            {
                Record(page);
                ended.Wait();
                return PageMapping.Populate(page) && ++*(byte*)page == 1;
            });
            Rent(pool, Proven);
            _ = TakeTouched();
            ReleaseAll(pool);
            pool.Dispose();
            ended.Release();
            Assert.True(_thread!.Join(s_bound));
        }

        Assert.InRange(VirtualBytes() - before, long.MinValue, 200 * (16L << 20)); // a slab has 32 MiB
    }

    [Fact]
    public void ManyThreadsKeepWhatTheyWroteWhilePagesAreTouched()
    {
        using NativeBlockPool pool = new(0, Budget, page => PageMapping.Populate(page) && Record(page));
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, worker =>
        {
            List<BlockBuffer> mine = [];
            for (int i = 0; i < 40; i++)
            {
                BlockBuffer buffer = pool.Rent(Block - (worker % 2 * 8192));
                buffer.GetSpan().Fill((byte)(i + 1));
                mine.Add(buffer);
            }

            for (int i = 0; i < mine.Count; i++)
            {
                Assert.Equal(-1, mine[i].GetSpan().IndexOfAnyExcept((byte)(i + 1)));
                mine[i].Release();
            }
        });

        _ = TakeTouched();
        Assert.Equal(0, pool.Rented);
        Assert.Equal(0, pool.RentedBytes);
    }

    [Fact]
    public void PopulatingKeepsContentAndSaysWhenItCannot()
    {
        byte* memory = PageMapping.MapHuge(PageMapping.HugePageBytes);
        memory[5] = 7;

        Assert.True(PageMapping.Populate((nint)memory));
        Assert.Equal(7, memory[5]);
        Assert.Equal(0, memory[PageMapping.HugePageBytes - 1]);
        Assert.False(PageMapping.Populate((nint)memory + 1)); // EINVAL, as from a kernel that does not know the advice
        PageMapping.Free(memory, PageMapping.HugePageBytes);
    }

    private bool Record(nint page)
    {
        _thread = Thread.CurrentThread;
        _touched.Add(page);
        return true;
    }

    private nint TakeTouched()
    {
        Assert.True(_touched.TryTake(out nint page, s_bound));
        return page;
    }

    private void Rent(NativeBlockPool pool, int count) => _held.AddRange(Enumerable.Range(0, count).Select(_ => pool.Rent(Block)));

    private void End(NativeBlockPool pool)
    {
        pool.Dispose();
        Assert.True(_thread!.Join(s_bound));
    }

    private void ReleaseAll(NativeBlockPool pool)
    {
        _held.ForEach(buffer => buffer.Release());
        _held.Clear();
        Assert.Equal(0, pool.Rented);
    }

    private static long VirtualBytes()
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmSize:", StringComparison.Ordinal));
        return long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }
}

using DataStoreFS.Dispatch;
using DataStoreFS.Mounting;
using LinuxFuse.Session;

namespace DataStoreFS.Tests.Mounting;

/// <summary>The hot path from a request's bytes to its reply, counted.</summary>
public sealed class DispatchTests
{
    private const int Times = 1000;
    private const int Rounds = 5;

    public static TheoryData<MissingBlocks> Modes => new(MissingBlocks.Zeros, MissingBlocks.Absent);

    [Theory]
    [MemberData(nameof(Modes))]
    public void ReadingABlockInMemoryAllocatesNothing(MissingBlocks missing)
    {
        using DispatchedTree tree = new(missing);
        int next = 0;
        Assert.Equal(0, AllocatedBy(tree, () => tree.Reads[next++ % DispatchedTree.Blocks]));
        Assert.Equal((1L + Rounds) * Times * ((512 << 10) + 16), tree.BytesRead);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void LookingUpABlockInMemoryAllocatesNothing(MissingBlocks missing)
    {
        using DispatchedTree tree = new(missing);
        Assert.Equal(0, AllocatedBy(tree, () => tree.LookUp));
    }

    [Fact]
    public void AttributesAllocateNothing()
    {
        using DispatchedTree tree = new(MissingBlocks.Absent);
        Assert.Equal(0, AllocatedBy(tree, () => tree.GetAttributes));
    }

    // Once to fill pools and tables; the replies' memory is the blocks' own, or the request's. What a request allocates it allocates each time; a
    // garbage collection that other tests cause may empty a pool, once in a while.
    private static long AllocatedBy(DispatchedTree tree, Func<NativeBuffer> request)
    {
        Repeat();
        long least = long.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Repeat();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, tree.Errors);
        return least;

        void Repeat()
        {
            for (int i = 0; i < Times; i++)
            {
                tree.Serve(request());
            }
        }
    }
}

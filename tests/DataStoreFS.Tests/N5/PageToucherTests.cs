using System.Collections.Concurrent;
using DataStoreFS.N5;

namespace DataStoreFS.Tests.N5;

public sealed class PageToucherTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task OneThreadWorksUntilNothingIsLeftAndServesTheNextWake()
    {
        int left = 0;
        HashSet<Thread> threads = [];
        using SemaphoreSlim idle = new(0);
        using PageToucher toucher = new(
            () =>
            {
                lock (threads)
                {
                    threads.Add(Thread.CurrentThread);
                }

                if (Interlocked.Decrement(ref left) >= 0)
                {
                    return true;
                }

                idle.Release();
                return false;
            },
            s_long);
        for (int round = 0; round < 3; round++)
        {
            Volatile.Write(ref left, 5);
            toucher.Wake();
            Assert.True(await idle.WaitAsync(s_bound));
            Assert.True(Volatile.Read(ref left) < 0);
        }

        Assert.Single(threads);
    }

    [Fact]
    public void NoThreadIsLeftWhenNothingWasWantedForAWhileAndTheNextWakeStartsAnother()
    {
        using BlockingCollection<Thread> calls = [];
        using PageToucher toucher = new(() => !Add(calls), TimeSpan.Zero);
        for (int round = 0; round < 20; round++)
        {
            toucher.Wake();
            Assert.True(Take(calls).Join(s_bound));
        }
    }

    [Fact]
    public async Task AWakeDuringTheLastLookIsNotLost()
    {
        using SemaphoreSlim looked = new(0);
        PageToucher? toucher = null;
        int looks = 0;
        using PageToucher made = new(
            () =>
            {
                // Something comes up right after this look, which said that there is nothing.
                if (Interlocked.Increment(ref looks) < 100)
                {
                    toucher!.Wake();
                }

                looked.Release();
                return false;
            },
            s_long);
        toucher = made;
        made.Wake();
        for (int i = 0; i < 100; i++)
        {
            Assert.True(await looked.WaitAsync(s_bound));
        }
    }

    [Fact]
    public void TheEndStopsTheThreadThoughThereIsMoreToDo()
    {
        using BlockingCollection<Thread> calls = [];
        PageToucher toucher = new(() => Add(calls), s_long);
        toucher.Wake();
        Thread thread = Take(calls);
        toucher.Dispose();

        Assert.True(thread.Join(s_bound));
        toucher.Wake(); // no more
    }

    private static bool Add(BlockingCollection<Thread> calls)
    {
        calls.Add(Thread.CurrentThread);
        return true;
    }

    private static Thread Take(BlockingCollection<Thread> calls) =>
        calls.TryTake(out Thread? thread, s_bound) ? thread : throw new TimeoutException("the thread did nothing");
}

namespace DataStoreFS.Tests.Support;

/// <summary>What code allocates on its thread whenever it runs.</summary>
internal static class Allocations
{
    private const int Rounds = 5;

    /// <summary>
    /// The least of some runs after a first one: once in a while the runtime allocates on the thread as well (488 bytes among 3,000 lookups, once in
    /// some fifty runs of all tests), and what the code itself allocates is there every time.
    /// </summary>
    public static long Of(Action run)
    {
        run();
        long least = long.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}

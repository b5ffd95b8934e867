namespace DataStoreFS.Remote;

/// <summary>The shortest of many times. Thread-safe, without a lock.</summary>
internal sealed class LeastTime
{
    private long _ticks = long.MaxValue;

    /// <summary>Zero before the first.</summary>
    public TimeSpan Value => Interlocked.Read(ref _ticks) is < long.MaxValue and long ticks ? new TimeSpan(ticks) : TimeSpan.Zero;

    public void Note(TimeSpan time)
    {
        long seen = Interlocked.Read(ref _ticks);
        while (time.Ticks < seen)
        {
            long was = Interlocked.CompareExchange(ref _ticks, time.Ticks, seen);
            if (was == seen)
            {
                return;
            }

            seen = was;
        }
    }
}

namespace LinuxFuse;

/// <summary>A point in time as the kernel keeps it: seconds since 1970 (negative before) and nanoseconds, 0 to 999,999,999.</summary>
public readonly record struct FuseTime(long Seconds, uint Nanoseconds) : IComparable<FuseTime>
{
    private const long TicksPerSecond = TimeSpan.TicksPerSecond;
    private const uint NanosecondsPerTick = 100;

    public static FuseTime Now => From(DateTimeOffset.UtcNow);

    public static FuseTime From(DateTimeOffset time)
    {
        long ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        (long seconds, long rest) = Math.DivRem(ticks, TicksPerSecond);
        return rest < 0 ? new(seconds - 1, (uint)(rest + TicksPerSecond) * NanosecondsPerTick) : new(seconds, (uint)rest * NanosecondsPerTick);
    }

    /// <summary>The same time in 100 ns steps; what lies outside the years 1 to 9999 becomes the nearest end.</summary>
    public DateTimeOffset ToDateTimeOffset()
    {
        long earliest = DateTimeOffset.MinValue.ToUnixTimeSeconds();
        long latest = DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        return Seconds < earliest ? DateTimeOffset.MinValue
            : Seconds > latest ? DateTimeOffset.MaxValue
            : DateTimeOffset.FromUnixTimeSeconds(Seconds).AddTicks(Nanoseconds / NanosecondsPerTick);
    }

    public int CompareTo(FuseTime other) => (Seconds, Nanoseconds).CompareTo((other.Seconds, other.Nanoseconds));

    public static bool operator <(FuseTime left, FuseTime right) => left.CompareTo(right) < 0;

    public static bool operator >(FuseTime left, FuseTime right) => left.CompareTo(right) > 0;

    public static bool operator <=(FuseTime left, FuseTime right) => left.CompareTo(right) <= 0;

    public static bool operator >=(FuseTime left, FuseTime right) => left.CompareTo(right) >= 0;
}

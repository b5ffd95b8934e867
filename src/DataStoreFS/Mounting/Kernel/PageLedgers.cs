namespace DataStoreFS.Mounting.Kernel;

/// <summary>
/// The pages that the kernel may hold, by how long they may stay: those of blocks, and the zeros of blocks that the server does not have.
/// </summary>
internal sealed class PageLedgers
{
    // Shorter ages than this are kept, but not by looking more often (PageExpiry): such pages are dropped a few milliseconds late.
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(50);

    private readonly TimeSpan _missingLife;

    /// <param name="maxAge">Zero: OPEN drops pages, and nothing here expires; <see cref="MountSettings.Never"/> is the same.</param>
    /// <param name="missingAge">Never longer than <paramref name="maxAge"/>.</param>
    public PageLedgers(TimeSpan maxAge, TimeSpan missingAge)
    {
        TimeSpan blocks = maxAge == TimeSpan.Zero ? MountSettings.Never : maxAge;
        TimeSpan missing = maxAge == TimeSpan.Zero || missingAge == MountSettings.Never ? blocks
            : blocks != MountSettings.Never && missingAge > blocks ? blocks
            : missingAge > s_shortest ? missingAge
            : s_shortest;
        _missingLife = missing;
        Blocks = new PageLedger(Milliseconds(blocks));
        Missing = new PageLedger(Milliseconds(missing));
        Shortest = missing;
    }

    public PageLedger Blocks { get; }

    public PageLedger Missing { get; }

    /// <summary>The shorter of the two lives; <see cref="MountSettings.Never"/> when nothing expires.</summary>
    public TimeSpan Shortest { get; }

    /// <summary>Words of 64 ids that are in use.</summary>
    public int Runs => Blocks.Runs + Missing.Runs;

    /// <summary>Before a READ is answered with zeros.</summary>
    /// <param name="node">The file.</param>
    /// <param name="validFor">How much longer the block may be taken for missing.</param>
    /// <param name="now">Milliseconds.</param>
    public void RecordMissing(ulong node, TimeSpan validFor, long now)
    {
        if (_missingLife == MountSettings.Never || validFor == TimeSpan.MaxValue)
        {
            Blocks.Record(node, now);
        }
        else
        {
            TimeSpan age = validFor < _missingLife ? _missingLife - validFor : TimeSpan.Zero;
            Missing.Record(node, Math.Max(0, now - (long)age.TotalMilliseconds));
        }
    }

    /// <inheritdoc cref="PageLedger.Take"/>
    public bool Take(ulong node) => Blocks.Take(node) | Missing.Take(node);

    /// <inheritdoc cref="PageLedger.TakeExpired"/>
    public IEnumerable<ulong> TakeExpired(long now) => Blocks.TakeExpired(now).Concat(Missing.TakeExpired(now));

    public IEnumerable<ulong> TakeAll() => Blocks.TakeAll().Concat(Missing.TakeAll());

    private static long? Milliseconds(TimeSpan life) => life == MountSettings.Never ? null : Math.Max(1, (long)life.TotalMilliseconds);
}

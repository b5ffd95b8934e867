using LinuxFuse.Protocol;

namespace LinuxFuse.Session;

/// <summary>What INIT is answered with. A pure function of the kernel's offer and the options.</summary>
internal static class InitNegotiation
{
    public const int Major = 7;

    /// <summary>Linux 6.18.</summary>
    public const int NewestMinor = 45;

    /// <summary>7.23 (Linux 3.15) made the reply 64 bytes long.</summary>
    public const int OldestMinor = 23;

    /// <summary>
    /// The kernel takes no smaller limit, whatever its page (fs/fuse/inode.c process_init_reply); without BIG_WRITES it is this one.
    /// </summary>
    private const int LeastMaxWrite = 4096;

    /// <summary>FUSE_DEFAULT_MAX_PAGES_PER_REQ: without MAX_PAGES no request is larger.</summary>
    private const int DefaultMaxPages = 32;

    private const FuseCapabilities Usual =
        FuseCapabilities.AsyncRead | FuseCapabilities.AtomicTruncate | FuseCapabilities.BigWrites | FuseCapabilities.ReadDirPlus
        | FuseCapabilities.ReadDirPlusAuto | FuseCapabilities.AsyncDirectIO | FuseCapabilities.ParallelDirectoryOperations
        | FuseCapabilities.AbortError | FuseCapabilities.MaxPages | FuseCapabilities.NoOpenDir | FuseCapabilities.ExplicitInvalidateData
        | FuseCapabilities.InitExtended | FuseCapabilities.ExpireOnly | FuseCapabilities.DirectIOMap | FuseCapabilities.NoExport;

    /// <summary>What a file system may ask for beyond that. The rest of the bits would need code that is not here, and is never agreed to.</summary>
    private const FuseCapabilities Optional =
        FuseCapabilities.PosixLocks | FuseCapabilities.FlockLocks | FuseCapabilities.ExportSupport | FuseCapabilities.DontMask
        | FuseCapabilities.SpliceRead | FuseCapabilities.SpliceWrite | FuseCapabilities.SpliceMove | FuseCapabilities.IoctlDirectories
        | FuseCapabilities.AutoInvalidateData | FuseCapabilities.WritebackCache | FuseCapabilities.NoOpen | FuseCapabilities.HandleKillPrivileges
        | FuseCapabilities.PosixAcl | FuseCapabilities.CacheSymlinks | FuseCapabilities.Passthrough;

    /// <exception cref="ArgumentException">The options ask for something that is not implemented, or for a number out of range.</exception>
    public static void CheckOptions(FuseOptions options)
    {
        FuseCapabilities unknown = options.Requested & ~(Usual | Optional);
        if (unknown != FuseCapabilities.None)
            throw new ArgumentException($"not implemented: {unknown}", nameof(options));
        const FuseCapabilities incompatible = FuseCapabilities.Passthrough | FuseCapabilities.WritebackCache;
        if ((options.Requested & incompatible) == incompatible)
            throw new ArgumentException("Passthrough and WritebackCache exclude each other", nameof(options));
        InRange(options.MaxWrite, LeastMaxWrite, 16 * 1024 * 1024, nameof(options.MaxWrite));
        InRange(options.MaxBackground, 1, ushort.MaxValue, nameof(options.MaxBackground));
        InRange(options.TimeGranularity, 1, 1_000_000_000, nameof(options.TimeGranularity));
        InRange(options.EmulatedMinor ?? NewestMinor, OldestMinor, NewestMinor, nameof(options.EmulatedMinor));
        InRange(options.Readers, 0, 1024, nameof(options.Readers));

        static void InRange(int value, int least, int most, string name)
        {
            if (value < least || value > most)
                throw new ArgumentException($"{name} is {value}, but must be {least} to {most}", nameof(options));
        }
    }

    /// <param name="offer">The kernel's message, zero where it was shorter.</param>
    /// <param name="options">Checked ones.</param>
    /// <param name="pageBytes">The kernel's page, in which it counts; null: this machine's.</param>
    public static (InitOut Reply, FuseKernel Kernel) Negotiate(in InitIn offer, FuseOptions options, int? pageBytes = null)
    {
        int page = pageBytes ?? Environment.SystemPageSize;
        FuseCapabilities offered = Offered(offer) & ~options.MaskedFlags;
        if (!offered.HasFlag(FuseCapabilities.InitExtended))
            offered = (FuseCapabilities)(uint)offered;
        FuseCapabilities agreed = offered & Wanted(options);

        int maxWrite = !agreed.HasFlag(FuseCapabilities.BigWrites) ? LeastMaxWrite
            : !agreed.HasFlag(FuseCapabilities.MaxPages) ? Math.Min(options.MaxWrite, DefaultMaxPages * page)
            : options.MaxWrite;
        int maxPages = agreed.HasFlag(FuseCapabilities.MaxPages) ? (maxWrite + page - 1) / page : DefaultMaxPages;
        uint minor = Math.Min(Math.Min(offer.Minor, NewestMinor), (uint)(options.EmulatedMinor ?? NewestMinor));
        uint readahead = options.ReadaheadKilobytes is { } wanted
            ? (uint)Math.Min(offer.MaxReadahead, Math.Max(wanted, 0) * 1024L)
            : offer.MaxReadahead;

        InitOut reply = new()
        {
            Major = Major,
            Minor = minor,
            MaxReadahead = readahead,
            Flags = (uint)agreed,
            Flags2 = (uint)((ulong)agreed >> 32),
            MaxBackground = (ushort)options.MaxBackground,
            CongestionThreshold = (ushort)Math.Max(options.MaxBackground * 3 / 4, 1),
            MaxWrite = (uint)maxWrite,
            TimeGranularity = (uint)options.TimeGranularity,
            MaxPages = (ushort)maxPages,
            // 1: the backing file lies on a file system that is not itself stacked.
            MaxStackDepth = agreed.HasFlag(FuseCapabilities.Passthrough) ? 1u : 0u,
        };
        FuseKernel kernel = new(
            Major, (int)minor, offered, agreed, maxWrite, maxPages, (int)Math.Min(readahead, int.MaxValue), options.MaxBackground);
        return (reply, kernel);
    }

    private static FuseCapabilities Offered(in InitIn offer) => (FuseCapabilities)(offer.Flags | ((ulong)offer.Flags2 << 32));

    private static FuseCapabilities Wanted(FuseOptions options)
    {
        FuseCapabilities wanted = Usual | options.Requested;

        // ENOSYS to OPEN sticks to the connection, which a file system that writes cannot want.
        if (options.ReadOnly)
            wanted |= FuseCapabilities.NoOpen;
        if (options.Requested.HasFlag(FuseCapabilities.ExportSupport))
            wanted &= ~FuseCapabilities.NoExport;
        if (options.Requested.HasFlag(FuseCapabilities.AutoInvalidateData))
            wanted &= ~FuseCapabilities.ExplicitInvalidateData;
        return wanted & ~options.Refused;
    }
}

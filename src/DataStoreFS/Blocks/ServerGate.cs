namespace DataStoreFS.Blocks;

/// <summary>One server: what waits for it, what is under way, and what has been learnt about it.</summary>
/// <remarks>No lock of its own: part of the state of <see cref="BlockBatcher"/>.</remarks>
internal sealed class ServerGate(string server, int maxConcurrency)
{
    public string Server => server;

    public ServerQueue Queue { get; } = new();

    public ConcurrencyLimit Limit { get; } = new(maxConcurrency);

    public BatchSize Size { get; } = new();

    /// <summary>Requests under way for blocks that somebody waits for.</summary>
    public int Demands { get; set; }

    /// <summary>Requests under way ahead of need.</summary>
    public int Speculations { get; set; }

    public int Free => Math.Max(Limit.Current - Demands - Speculations, 1);

    /// <summary>Speculation never fills the last connection: beyond the limit, one demand may always go.</summary>
    public bool HasRoomForDemand => Demands < Math.Max(Limit.Current - Speculations, 1);

    /// <summary>A quarter of the connections, at least one where there is more than one, is kept free of speculation.</summary>
    public bool HasRoomForSpeculation =>
        Queue.Demanded == 0
        && Demands + Speculations < Limit.Current
        && Speculations < Math.Max(Limit.Current - Math.Max(Limit.Current / 4, 1), 1);
}

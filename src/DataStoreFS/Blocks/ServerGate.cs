namespace DataStoreFS.Blocks;

/// <summary>One server: what waits for it, what is under way, and what has been learnt about it.</summary>
/// <remarks>No lock of its own: part of the state of <see cref="BlockBatcher"/>.</remarks>
/// <param name="server">Its address.</param>
/// <param name="maxConcurrency">Requests at a time at most.</param>
/// <param name="roundTrip">How far away it is.</param>
internal sealed class ServerGate(string server, int maxConcurrency, TimeSpan roundTrip)
{
    // A server in the same room answers sooner than readers come back, and more connections only keep readers from sharing a request: eight readers
    // got 1.46 GB/s with 0.23 requests a block over one connection, 1.52 with 0.53 over two, 1.43 with 0.68 over three. If another pays, that is soon
    // learnt. At a distance each connection also begins slowly (ten segments, doubled in each round trip: RFC 5681, RFC 6928), so that it takes many
    // to fill the line soon: over 20 ms eight readers in random order got 58 MB/s from two connections in the beginning and 95 from eight. Those that
    // are opened when a walk is recognised come too late: they hold up blocks that a reader is about to want, by up to 130 ms, while the first ones
    // are up to speed. One reader in order got 292 MB/s from 32 in the beginning, 302 from 16 and 335 from 13, but eight in random order lose with
    // few: 349 from 32, 363 from 20, 300 from 13 (the last two with longer walks, which do not concern them). A server that works for each answer,
    // like the original one, gave one reader 80 MB/s when it was asked 16 times at once and 57 when 32 times; its first answer tells.
    private const int BeginNear = 1;
    private const int BeginAway = 8;
    private const int BeginFar = 20;
    private const int BeginFarSlow = 16;

    // A server that takes so many seconds for its first answer, distance apart, works for it (the original one parses its XML anew) or waits for a
    // disk: begun with one request at a time, it gave 111 instead of 150 MB/s in the first two seconds.
    private const double SlowAnswer = 0.008;
    private const int BeginSlow = 2;
    private static readonly TimeSpan s_away = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_far = TimeSpan.FromMilliseconds(8);

    // What a connection must have carried before its requests get long ones: guesses are split over connections until then.
    private const long WarmBytes = 512 << 10;
    private const int LongRequest = 8;

    // Longer idle than the retransmission timeout, a connection begins slowly again (RFC 5681, 4.1; net.ipv4.tcp_slow_start_after_idle).
    private const double ColdSeconds = 1;

    private double _lastEnd;
    private long _carried;

    public string Server => server;

    public ServerQueue Queue { get; } = new();

    public ConcurrencyLimit Limit { get; } = new(maxConcurrency, roundTrip < s_away ? BeginNear : roundTrip < s_far ? BeginAway : BeginFar);

    public BatchSize Size { get; } = new();

    /// <summary>Requests under way for blocks that somebody waits for.</summary>
    public int Demands { get; set; }

    /// <summary>Requests under way ahead of need.</summary>
    public int Speculations { get; set; }

    public int Free => Math.Max(Limit.Current - Demands - Speculations, 1);

    /// <summary>Speculation never fills the last connection: beyond the limit, one demand may always go.</summary>
    public bool HasRoomForDemand => Demands < Math.Max(Limit.Current - Speculations, 1);

    /// <summary>A quarter of the connections is kept free of speculation.</summary>
    public bool HasRoomForSpeculation => Queue.Demanded == 0 && Demands + Speculations < Limit.Current && Speculations < MostSpeculations;

    /// <summary>
    /// How many guesses the next request may take: all that fit one where requests are what costs, an equal share where connections still begin
    /// slowly.
    /// </summary>
    public int SpeculationShare
    {
        get
        {
            if (roundTrip < s_away)
            {
                return int.MaxValue;
            }

            int warm = (int)Math.Min(_carried / (Limit.Current * WarmBytes), LongRequest);
            return Math.Max((Queue.Speculated + FreeForSpeculation - 1) / FreeForSpeculation, warm);
        }
    }

    /// <summary>Over how many requests guesses are dealt out in turn. Near the server one takes them all.</summary>
    public int SpeculationStripes => roundTrip < s_away ? 1 : FreeForSpeculation;

    private int FreeForSpeculation => Math.Max(Math.Min(MostSpeculations - Speculations, Limit.Current - Demands - Speculations), 1);

    private int MostSpeculations => Limit.Current - (Limit.Current / 4);

    /// <summary>An answer has ended.</summary>
    /// <param name="seconds">When, on a clock that does not jump.</param>
    /// <param name="bytes">That it carried.</param>
    /// <param name="took">How many seconds it took.</param>
    /// <param name="effort">How long the server worked before it began, at least; zero when unknown.</param>
    public void Answered(double seconds, long bytes, double took, TimeSpan effort)
    {
        if (_lastEnd == 0 && roundTrip < s_away && took >= SlowAnswer)
        {
            Limit.Hurry(BeginSlow);
        }
        else if (_lastEnd == 0 && roundTrip >= s_far && effort.TotalSeconds >= SlowAnswer)
        {
            Limit.Calm(BeginFarSlow);
        }

        _carried = seconds - _lastEnd > ColdSeconds ? bytes : _carried + bytes;
        _lastEnd = seconds;
    }
}

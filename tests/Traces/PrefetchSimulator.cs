using DataStoreFS.Model;
using DataStoreFS.Prefetch;

namespace DataStoreFS.Traces;

/// <summary>
/// A predictor on a simulated link: a request brings its block after a round trip and its share of the bandwidth, demanded blocks before guesses.
/// A fixed number of openers work through each burst; the pauses between bursts are the recorded ones. Time is simulated, so results are exact.
/// </summary>
internal sealed class PrefetchSimulator(VolumeInfo volume, double roundTrip, double megabytesPerSecond, int openers = 8)
{
    private const double Step = 0.25; // milliseconds
    private const double Tick = 20;
    private const int BlockBytes = 512 * 1024;
    private const int CacheBlocks = 2048; // 1 GiB

    // As many guesses as a batcher has under way when the link is free of demand.
    private const int SpeculationUnderWay = 64;

    private readonly HashSet<BlockKey> _cached = [];
    private readonly Dictionary<BlockKey, double> _underWay = []; // since when; moved to the link a round trip later
    private readonly HashSet<BlockKey> _opened = [];
    private readonly HashSet<BlockKey> _guessed = [];
    private readonly Queue<(BlockKey Key, double Ready)> _demandLane = new();
    private readonly Queue<(BlockKey Key, double Ready)> _guessLane = new();
    private readonly Queue<BlockKey> _byAge = new();
    private double _now;
    private double _linkFree;
    private double _nextTick;

    /// <param name="bursts">What is opened.</param>
    /// <param name="predictor">Null: without.</param>
    public SimulatedRun Run(IReadOnlyList<TraceBurst> bursts, Predictor? predictor)
    {
        predictor?.AddVolume(volume);
        (int inTime, int late) = (0, 0);
        List<double> stalls = [];
        foreach (TraceBurst burst in bursts)
        {
            for (double end = _now + burst.Pause.TotalMilliseconds; _now < end;)
            {
                Advance(predictor);
            }

            double begin = _now;
            int next = 0;
            BlockKey?[] waiting = new BlockKey?[openers];
            long[] served = new long[openers];
            while (next < burst.Blocks.Count || waiting.Any(block => block is not null))
            {
                for (int opener = 0; opener < openers; opener++)
                {
                    if (waiting[opener] is { } block && _cached.Contains(block))
                    {
                        waiting[opener] = null;
                        served[opener] = (long)_now;
                    }

                    while (waiting[opener] is null && next < burst.Blocks.Count)
                    {
                        BlockKey key = burst.Blocks[next++];
                        _opened.Add(key);
                        bool hit = _cached.Contains(key);
                        inTime += hit ? 1 : 0;
                        late += !hit && _guessed.Contains(key) ? 1 : 0;
                        if (!hit)
                        {
                            Demand(key);
                            waiting[opener] = key;
                        }

                        predictor?.Observe(new Access(key, 1, (long)_now, hit, hit ? 0 : roundTrip, served[opener], roundTrip));
                        TakeGuesses(predictor);
                    }
                }

                Advance(predictor);
            }

            stalls.Add(_now - begin);
        }

        int opens = bursts.Sum(burst => burst.Blocks.Count);
        int used = _guessed.Count(_opened.Contains);
        return new SimulatedRun(opens, inTime, late, _guessed.Count, _guessed.Count - used, stalls);
    }

    private void Advance(Predictor? predictor)
    {
        _now += Step;
        while (_linkFree <= _now && Transfer())
        {
        }

        if (_now >= _nextTick)
        {
            _nextTick = _now + Tick;
            predictor?.Tick((long)_now);
        }

        TakeGuesses(predictor);
    }

    private bool Transfer()
    {
        Queue<(BlockKey Key, double Ready)> lane = _demandLane.TryPeek(out (BlockKey Key, double Ready) first) && first.Ready <= _now
            ? _demandLane
            : _guessLane;
        if (!lane.TryPeek(out first) || first.Ready > _now)
        {
            return false;
        }

        lane.Dequeue();
        if (_underWay.Remove(first.Key))
        {
            _linkFree = Math.Max(_linkFree, first.Ready) + (BlockBytes / (megabytesPerSecond * 1000));
            _cached.Add(first.Key);
            _byAge.Enqueue(first.Key);
            if (_byAge.Count > CacheBlocks)
            {
                _cached.Remove(_byAge.Dequeue());
            }
        }

        return true;
    }

    private void Demand(BlockKey key)
    {
        if (_underWay.TryGetValue(key, out double since))
        {
            _demandLane.Enqueue((key, since + roundTrip)); // promoted
        }
        else
        {
            _underWay[key] = _now;
            _demandLane.Enqueue((key, _now + roundTrip));
        }
    }

    private void TakeGuesses(Predictor? predictor)
    {
        Span<BlockKey> guesses = stackalloc BlockKey[SpeculationUnderWay];
        int room = Math.Max(0, SpeculationUnderWay - _guessLane.Count);
        int count = predictor?.Take(guesses[..room], (long)_now) ?? 0;
        foreach (BlockKey key in guesses[..count])
        {
            if (_cached.Contains(key) || !_underWay.TryAdd(key, _now))
            {
                predictor!.Refuse(key);
                continue;
            }

            _guessed.Add(key);
            _guessLane.Enqueue((key, _now + roundTrip));
        }
    }
}

/// <param name="Opens">Blocks opened.</param>
/// <param name="InTime">Of these, those that were in memory.</param>
/// <param name="Late">Of these, those that had been asked for ahead and were not in memory yet.</param>
/// <param name="Guessed">Blocks asked for ahead.</param>
/// <param name="Wasted">Of these, those that were never opened.</param>
/// <param name="Stalls">Milliseconds from each burst's first open to its last block.</param>
internal sealed record SimulatedRun(int Opens, int InTime, int Late, int Guessed, int Wasted, IReadOnlyList<double> Stalls)
{
    public double Coverage => (double)InTime / Opens;

    public double Waste => Guessed == 0 ? 0 : (double)Wasted / Guessed;

    public double Stall => Stalls.Sum();

    public double StallAfterFirst => Stalls.Skip(1).Sum();
}

using DataStoreFS.Model;

namespace DataStoreFS.Prefetch;

/// <summary>
/// What to fetch ahead, from what was read: first whether the program walks in order; else whether it moves (all in view, one plane, timepoint or
/// setup further);
/// else whether it reads a region in no order. README.md of this folder tells with which programs in mind.
/// </summary>
/// <remarks>Not thread-safe: <see cref="Prefetcher"/> has the lock. Times are milliseconds of any clock that does not jump.</remarks>
internal sealed class Predictor
{
    // A viewer reads what comes on the screen without such a pause, and a user who drags makes one.
    private const long BurstPause = 80;

    // When nothing has been asked for this long, the line is free for what could come.
    private const long RestPause = 150;
    private const long ForgiveEvery = 10_000;
    private const long CertainChance = 100;
    private const long LikelyChance = 1_000;
    private const int MostPrograms = 32;
    private const long MostMemory = 32 << 20;
    private const int MostSteps = 4;
    private const int MostDetour = 8;

    // 64 MiB under way fill 300 MB/s over 200 ms; more only makes more waste where a walk ends.
    private const long WalkBytes = 64 << 20;

    // A walk begins as far ahead as a reader comes while it waits: it takes a GB/s from memory. But who waits longer than a connection needs to get
    // up to speed for a block or two (RFC 6928: ten segments, doubled in each round trip) waits for a slow line, on which more would only be in the
    // way of what is wanted next.
    private const double WalkBytesPerMillisecond = 1 << 20;
    private const double SlowStartRoundTrips = 8;
    private const double LeastBytesAway = 16 << 20;
    private const double MostBytesNear = 32 << 20;
    private const double MostBegin = 1024;

    private readonly PrefetchLedger _ledger;
    private readonly Dictionary<int, VolumeInfo> _volumes = [];
    private readonly Dictionary<uint, Program> _programs = [];
    private readonly CandidateQueue _candidates = new();
    private readonly Sweeper _sweeper;
    private readonly RegionFiller _region;
    private readonly int _most;
    private readonly bool _fixed;
    private long _forgiven;
    private long _observed;
    private long _issued;
    private long _used;
    private long _wasted;

    /// <param name="most">Most guesses open at a time.</param>
    /// <param name="isFixed">Whether the user named that number: then windows begin there instead of growing.</param>
    public Predictor(int most, bool isFixed)
    {
        _most = most;
        _fixed = isFixed;
        _ledger = new PrefetchLedger(most);
        _sweeper = new Sweeper(_candidates, _ledger);
        _region = new RegionFiller(_candidates, _ledger);
    }

    public PrefetchStatistics Statistics => new(_observed, _issued, _used, _wasted);

    /// <summary>Whether <see cref="Tick"/> has anything to do later.</summary>
    public bool IsActive(long now) => _candidates.Count > 0 || _programs.Values.Any(program => now - program.LastSeen < 10 * RestPause);

    public void AddVolume(VolumeInfo volume) => _volumes[volume.Volume] = volume;

    public void Observe(in Access access)
    {
        BlockKey key = access.Key;
        if (!_volumes.TryGetValue(key.Volume, out VolumeInfo? volume))
        {
            return;
        }

        _observed++;
        Program program = ProgramOf(access.Program, access.When);
        program.Distance = access.Distance;
        if (access.Waited > 0)
        {
            program.ObserveWait(access.Waited);
        }

        if (_ledger.TryUse(key, out PrefetchReason reason, out Program guesser))
        {
            Used(access, reason, guesser);
        }

        bool first = program.HasReadNothing && !access.Hit && access.Distance >= RegionFiller.FirstDistance;
        ImageTrace image = program.Find(key.Image) ?? program.Add(key.Image, volume.Level(key), access.When);
        image.LastSeen = access.When;
        Place place = new(key.X, key.Y, key.Z);
        image.Walk.Observe(place);
        bool leaves = image.LeavesPlane(place);
        if (key.Timepoint != program.Timepoint)
        {
            // Without a pause too: a movie that plays faster than it loads.
            leaves |= program.Timepoint >= 0 && !program.HasReadNow(key);
            program.GoTo(key.Timepoint);
        }

        if (access.When - Math.Max(program.LastSeen, access.Served) > BurstPause || (leaves && (!image.Walk.IsWalking || image.NewestBurst == 0)))
        {
            program.BeginBurst();
        }

        program.LastSeen = access.When;
        byte before = image.BurstAt(place);
        if (image.NewestBurst != program.Burst || before != program.Burst)
        {
            Follow(program, image, volume, place);
        }

        Open(program, image, volume, place, first);
    }

    /// <summary>To be called every few tens of milliseconds: what follows from a pause.</summary>
    public void Tick(long now)
    {
        if (now - _forgiven > ForgiveEvery)
        {
            _forgiven = now;
            foreach (Program program in _programs.Values)
            {
                program.Forgive();
            }
        }

        while (_ledger.TryWaste(now, PrefetchLedger.PatienceMilliseconds, out BlockKey key, out PrefetchReason reason, out Program guesser))
        {
            Wasted(key, reason, guesser);
        }

        foreach (Program program in _programs.Values)
        {
            if (!program.Rested && now - program.LastSeen > RestPause)
            {
                program.Rested = true;
                _sweeper.Rest(program, _volumes);
            }
        }
    }

    /// <summary>The next guesses, best first; what is taken counts as asked for unless <see cref="Refuse"/> says otherwise.</summary>
    public int Take(Span<BlockKey> into, long now)
    {
        int count = 0;
        while (count < into.Length && _candidates.TryPeek(out Candidate candidate))
        {
            bool current = candidate.IsCurrent && !_ledger.Contains(candidate.Key);
            if (current && !HasRoomFor(candidate, now))
            {
                break;
            }

            _candidates.Dequeue();
            if (!current)
            {
                RegionFiller.Close(candidate.Key, candidate.Reason, candidate.Program);
                continue;
            }

            _ledger.Add(candidate.Key, candidate.Reason, candidate.Program, now);
            _issued++;
            into[count++] = candidate.Key;
        }

        return count;
    }

    public void Refuse(in BlockKey key)
    {
        if (_ledger.TryUse(key, out PrefetchReason reason, out Program program))
        {
            RegionFiller.Close(key, reason, program);
        }

        _issued--;
    }

    private void Open(Program program, ImageTrace image, VolumeInfo volume, Place place, bool first)
    {
        if (first)
        {
            program.Opening = (image.Key, place);
            _region.Begin(program, image, place, BlockBytes(image, volume));
        }
        else if (program.Opening is { } opening && (opening.Image != image.Key || opening.Place != place))
        {
            program.Opening = null;
            if (opening.Image == image.Key)
            {
                _region.GoOn(program, image, opening.Place, place, BlockBytes(image, volume));
            }
        }
    }

    private void Follow(Program program, ImageTrace image, VolumeInfo volume, Place place)
    {
        bool moves = false;
        bool refines = false;
        if (image.Remembers)
        {
            // Which burst the neighbours are of is asked before this place is marked; the votes of this burst after.
            Span<Motion> motions = stackalloc Motion[16];
            int explained = Explain(program, image, volume, place, motions);
            image.Mark(place, program.Burst);
            foreach (Motion motion in motions[..explained])
            {
                image.Vote(motion);
            }

            image.CountVoter();
            moves = _sweeper.Follow(program, image, volume, place);
            refines = !moves && _sweeper.Refine(program, image, volume, place);
        }

        if (image.Walk.IsWalking)
        {
            GoOn(program, image, volume, moves);
        }

        if (!moves && !refines && image.Remembers)
        {
            _region.Fill(program, image, BlockBytes(image, volume));
        }
    }

    // A place is explained by a motion when the place one step back was read in an earlier burst.
    private static int Explain(Program program, ImageTrace image, VolumeInfo volume, Place place, Span<Motion> motions)
    {
        int count = 0;
        for (int axis = 0; axis < 3; axis++)
        {
            for (int step = -1; step <= 1; step += 2)
            {
                byte burst = image.BurstAt(place.With(axis, place[axis] - step));
                if (burst != 0 && burst < program.Burst)
                {
                    motions[count++] = new Motion(axis, step);
                }
            }
        }

        (Box view, byte viewBurst) = image.Before(program.Burst);
        int thin = view.ThinAxis;
        if (viewBurst > 0 && thin >= 0 && Math.Abs(place[thin] - view.Low[thin]) > 1 && image.BurstAt(place.With(thin, view.Low[thin])) > 0)
        {
            motions[count++] = new Motion(thin, place[thin] - view.Low[thin]);
        }

        int jump = image.Key.Timepoint - program.TimepointBefore;
        bool jumps = program.TimepointBefore >= 0 && Math.Abs(jump) > 1;
        foreach (int step in jumps ? (ReadOnlySpan<int>)[-1, 1, jump] : [-1, 1])
        {
            byte burst = program.Find(image.Key with { Timepoint = image.Key.Timepoint - step })?.BurstAt(place) ?? 0;
            if (burst != 0 && burst < program.Burst)
            {
                motions[count++] = new Motion(Motion.Time, step);
            }
        }

        for (int setup = 0; setup < Math.Min(volume.Setups.Count, 8) && image.BurstAt(place) == 0; setup++)
        {
            if (setup != image.Key.Setup && program.Find(image.Key with { Setup = setup })?.BurstAt(place) > 0)
            {
                motions[count++] = new Motion(Motion.Setup, setup);
                break;
            }
        }

        return count;
    }

    private static long BlockBytes(ImageTrace image, VolumeInfo volume) => Math.Max(image.Level.BlockSize.Count * volume.VoxelType.Bytes(), 1);

    private void GoOn(Program program, ImageTrace image, VolumeInfo volume, bool moves)
    {
        WalkDetector walk = image.Walk;
        double trust = program.Trust(PrefetchReason.Walk);
        long blockBytes = BlockBytes(image, volume);
        int widest = (int)Math.Clamp(WalkBytes / blockBytes, 2, Math.Max(_most / 2, 2));
        double begin = Math.Min(BytesToBegin(program) / blockBytes, MostBegin);
        int window = _fixed ? _most : (int)Math.Clamp(Math.Max(program.Window, begin) * trust * trust, 2, widest);

        // Half a window at a time: requests then carry many blocks. A movement knows better than its rows where it ends.
        if (moves || walk.Issued - walk.Front > window / 2)
        {
            return;
        }

        // Positions outside of what is being walked are passed over, but not for ever.
        Box region = image.Newest;
        long last = walk.Front + window;
        for (long position = Math.Max(walk.Issued, walk.Front) + 1; position <= last && walk.TryPlaceAt(position, out Place place); position++)
        {
            walk.Issued = position;
            if (walk.IsWithin(place, region))
            {
                _candidates.AddFirst(new Candidate(image.Key.At(place.X, place.Y, place.Z), PrefetchReason.Walk, program, 0));
            }
            else
            {
                last = Math.Min(last + 1, walk.Front + (MostDetour * window));
            }
        }
    }

    private static double BytesToBegin(Program program)
    {
        double bytes = program.Latency * WalkBytesPerMillisecond;
        if (program.Distance < RegionFiller.FirstDistance)
        {
            return Math.Min(bytes, MostBytesNear);
        }

        return program.Latency <= program.Distance * SlowStartRoundTrips ? Math.Max(bytes, LeastBytesAway) : LeastBytesAway;
    }

    private bool HasRoomFor(in Candidate candidate, long now)
    {
        // The walk and the rest of a plane are nearly certain; what is only likely leaves them a quarter. When there is no room, the oldest guesses
        // have had their chance: they stay in memory as long as others do, but no longer keep new ones away.
        bool certain = candidate.Reason is not (PrefetchReason.Next or PrefetchReason.Idle);
        int most = certain ? _most : _most * 3 / 4;
        while (_ledger.Count >= most)
        {
            if (!_ledger.TryWaste(now, certain ? CertainChance : LikelyChance, out BlockKey key, out PrefetchReason reason, out Program guesser))
            {
                return false;
            }

            Wasted(key, reason, guesser);
        }

        return true;
    }

    private void Used(in Access access, PrefetchReason reason, Program program)
    {
        _used++;
        program.Used(reason);
        RegionFiller.Close(access.Key, reason, program);
        if (reason == PrefetchReason.Walk && !access.Hit)
        {
            // It was right and came late.
            program.Window = Math.Min(program.Window + 2, _most);
        }
        else if (reason == PrefetchReason.Next)
        {
            program.Steps = Math.Min(program.Steps + 0.02, MostSteps);
        }
    }

    private void Wasted(in BlockKey key, PrefetchReason reason, Program program)
    {
        RegionFiller.Close(key, reason, program);
        _wasted++;
        program.Wasted(reason);
        if (reason == PrefetchReason.Walk)
        {
            program.Window = Math.Max(program.Window * 0.97, 8);
        }
        else if (reason == PrefetchReason.Next)
        {
            program.Steps = Math.Max(program.Steps * 0.99, 1);
        }
    }

    private Program ProgramOf(uint id, long now)
    {
        if (_programs.TryGetValue(id, out Program? program))
        {
            return program;
        }

        while (_programs.Count > 0 && (_programs.Count >= MostPrograms || _programs.Values.Sum(p => p.Bytes) > MostMemory))
        {
            _programs.Remove(_programs.MinBy(pair => pair.Value.LastSeen).Key);
        }

        program = new Program { LastSeen = now };
        _programs.Add(id, program);
        return program;
    }
}

/// <summary>One access as the predictor sees it.</summary>
/// <param name="Key">The block.</param>
/// <param name="Program">Which program: threads of one process are one.</param>
/// <param name="When">Milliseconds.</param>
/// <param name="Hit">Whether it was in memory.</param>
/// <param name="Waited">How long its thread waited for the block before it, when that one was a miss; 0 when unknown.</param>
/// <param name="Served">When that block came, in milliseconds of the same clock; 0 when unknown.</param>
/// <param name="Distance">Milliseconds of a round trip to the server; 0 when unknown.</param>
internal readonly record struct Access(BlockKey Key, uint Program, long When, bool Hit, double Waited, long Served = 0, double Distance = 0);

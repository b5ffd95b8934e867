using DataStoreFS.Model;

namespace DataStoreFS.Prefetch;

/// <summary>Reading in no order: the gaps of the region that a program reads, and the neighbours of its first block.</summary>
internal sealed class RegionFiller(CandidateQueue candidates, PrefetchLedger ledger)
{
    // A first block is waited for so long (a round trip, and five more in which the connection gets up to speed) that its neighbours may as well
    // come along, each over a connection of its own, which are up to speed then too. Three steps along each axis show a walk.

    /// <summary>Milliseconds of a round trip from which on <see cref="Begin"/> pays.</summary>
    public const double FirstDistance = 1;

    // So many places of it must have been read before its gaps are filled. As a rule there are never more guesses open than places read, so that at
    // most half is in vain.
    private const int RegionBegin = 8;
    private const int RegionAtOnce = 16;

    // Milliseconds to the server, for each MiB of a block, below which reading ahead in a region that is no plane costs more than it saves. By the
    // distance: what programs wait near a server is its work and ours, about a millisecond for a block of 512 KiB, which guesses only add to (eight
    // readers in random order lost about 30 % to them). Where the server only seems near, at the end of a tunnel, waits of this length are
    // believed once there have been many.
    private const double FarDistancePerMegabyte = 10;
    private const double LeastFarDistance = 0.5;
    private const double FarWait = 15;
    private const int ManyWaits = 64;

    // How many guesses may be open for each place read once waiting is that expensive. Who has read a 64th of a region without a pause will go on in
    // it: eight readers in random order got 242 MB/s over 20 ms with two guesses a place and 370 with eight, of blocks of 64 KiB over 2 ms 5,000 and
    // 8,400 a second, with a third of the requests. A few places in a large volume may be all that the program wants. Four places of one plane are
    // hardly chance: a viewer then opens the rest of it.
    private const int DenseShare = 8;
    private const int DensePart = 64;
    private const int DenseAtOnce = 64;
    private const int RegionShare = 2;
    private const int PlaneShare = 8;
    private const int PlaneBegin = 4;
    private const int PlaneAtOnce = 128;
    private const long BytesAtOnce = 64 << 20;

    // Cells of a region looked at for one access: a bound of the time under the lock.
    private const int MostScanned = 4096;

    private const int FirstSteps = 3;
    private const long FirstBytes = 8 << 20;
    private const long OnwardBytes = 4 << 20;

    /// <summary>After an access that is part of no movement: the gaps of what has been read in no order.</summary>
    public void Fill(Program program, ImageTrace image, long blockBytes)
    {
        double far = Math.Max(FarDistancePerMegabyte * blockBytes / (1 << 20), LeastFarDistance);
        bool expensive = program.Distance >= far || (program.Waits >= ManyWaits && program.Latency >= FarWait);
        Box region = expensive && image.Newest.IsPlanar ? Reach(image) : image.Newest;
        (int begin, int share, int atLeast, int atOnce) = (region.IsPlanar, expensive) switch
        {
            (true, true) => (PlaneBegin, PlaneShare, 1, PlaneAtOnce),
            (true, false) => (RegionBegin, 1, RegionBegin, RegionBegin), // a handful shares a request
            (false, true) when (long)region.Count * DensePart >= region.Volume => (RegionBegin, DenseShare, RegionAtOnce, DenseAtOnce),
            (false, true) => (RegionBegin, RegionShare, RegionAtOnce, RegionAtOnce),
            _ => (int.MaxValue, 0, 0, 0),
        };
        int room = (share * Math.Min(region.Count, PrefetchSettings.MostBlocks)) - image.RegionOpen;
        if (region.Count < begin || room < atLeast || region.Volume <= region.Count || program.Trust(PrefetchReason.Region) < 0.3)
        {
            return;
        }

        image.AimRegion(region);
        int allowed = (int)Math.Min(Math.Min(room, atOnce), Math.Max(BytesAtOnce / blockBytes, 1));
        long end = Math.Min(region.Volume, image.RegionCursor + MostScanned);
        for (; allowed > 0 && image.RegionCursor < end; image.RegionCursor++)
        {
            // x fastest: neighbours of one request then lie together on the server's disk.
            long cell = image.RegionCursor;
            Place place = new(
                region.Low.X + (int)(cell % region.Extent(0)),
                region.Low.Y + (int)(cell / region.Extent(0) % region.Extent(1)),
                region.Low.Z + (int)(cell / region.Extent(0) / region.Extent(1)));
            BlockKey key = image.Key.At(place.X, place.Y, place.Z);
            if (image.BurstAt(place) == 0 && !ledger.Contains(key))
            {
                candidates.AddFirst(new Candidate(key, PrefetchReason.Region, program, 0));
                image.RegionOpen++;
                allowed--;
            }
        }
    }

    /// <summary>A program's first block of all has been asked for.</summary>
    public void Begin(Program program, ImageTrace image, Place place, long blockBytes)
    {
        if (program.Trust(PrefetchReason.First) < 0.3)
        {
            return;
        }

        // The nearest along each axis first.
        long allowed = FirstBytes / blockBytes;
        for (int step = 1; step <= FirstSteps && allowed > 0; step++)
        {
            for (int axis = 0; axis < 3; axis++)
            {
                Place neighbour = place.With(axis, place[axis] + step);
                if (image.Contains(neighbour) && allowed-- > 0)
                {
                    candidates.AddLater(new Candidate(image.Key.At(neighbour.X, neighbour.Y, neighbour.Z), PrefetchReason.First, program, 0));
                }
            }
        }
    }

    /// <summary>
    /// A program's second block has been asked for. If it is a neighbour of the first one, this is likely to be a walk, and the line is idle but for
    /// the first guesses: until three steps show it, their answers have come, and what is behind them would be asked for only then: twelve blocks
    /// took 55 ms over 2 ms, and take 46 (medians of 8 runs each, in turn).
    /// </summary>
    public void GoOn(Program program, ImageTrace image, Place from, Place place, long blockBytes)
    {
        int axis = place.X != from.X ? 0 : place.Y != from.Y ? 1 : 2;
        int step = place[axis] - from[axis];
        if (Math.Abs(step) != 1 || place.With(axis, from[axis]) != from)
        {
            return;
        }

        Place next = place.With(axis, place[axis] + step);
        for (long allowed = OnwardBytes / blockBytes; allowed > 0 && image.Contains(next); allowed--)
        {
            candidates.AddLater(new Candidate(image.Key.At(next.X, next.Y, next.Z), PrefetchReason.First, program, 0));
            next = next.With(axis, next[axis] + step);
        }
    }

    // Of a stretch, places drawn at random span (n - 1) / (n + 1) on average, so it goes on by 1 / (n - 1) of their span on both sides: of a plane,
    // the first four places span a third. Without that the rest was asked for after their answers, over connections that were still slow: 205 instead
    // of 268 MB/s for four readers of planes over 20 ms. In 3-D, where many places are read before there are guesses, it made no difference.
    private static Box Reach(ImageTrace image)
    {
        Box read = image.Newest;
        for (int axis = 0; axis < 3; axis++)
        {
            int beyond = read.IsThin(axis) || read.Count < 2 ? 0 : (int)Math.Round((double)read.Extent(axis) / (read.Count - 1));
            read.Low = read.Low.With(axis, Math.Max(read.Low[axis] - beyond, 0));
            read.High = read.High.With(axis, Math.Min(read.High[axis] + beyond, image.Grid[axis] - 1));
        }

        return read;
    }

    /// <summary>A guess has been used, wasted or refused.</summary>
    public static void Close(in BlockKey key, PrefetchReason reason, Program program)
    {
        if (reason == PrefetchReason.Region && program.Find(key.Image) is { } image)
        {
            image.RegionOpen = Math.Max(image.RegionOpen - 1, 0);
        }
    }
}

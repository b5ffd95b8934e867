using DataStoreFS.Model;

namespace DataStoreFS.Prefetch;

/// <summary>What one program has read of one image: which place in which burst, one byte a place.</summary>
internal sealed class ImageTrace
{
    /// <summary>Larger grids than this (16 M blocks: 8 TB of 512 KiB) are walked, but no planes of them are remembered.</summary>
    public const long MostCells = 1 << 24;

    private const int Directions = 8;
    private const int Slots = Directions + 1 + 4;
    private const int PlaneRun = 6;

    private readonly byte[] _bursts;
    private readonly int[] _votes = new int[Slots];
    private readonly Box[] _runs = new Box[3];
    private readonly Place _grid;
    private Box _box;
    private Box _boxBefore;
    private Place _regionLow;
    private Place _regionHigh;
    private byte _boxBurst;
    private byte _boxBurstBefore;

    public ImageTrace(ImageKey key, LevelInfo level)
    {
        Key = key;
        Level = level;
        _grid = new Place(Clamp(level.Grid.X), Clamp(level.Grid.Y), Clamp(level.Grid.Z));
        long cells = checked((long)_grid.X * _grid.Y * _grid.Z);
        _bursts = cells <= MostCells ? new byte[cells] : [];
        Walk = new WalkDetector(_grid);
    }

    public ImageKey Key { get; }

    public LevelInfo Level { get; }

    public WalkDetector Walk { get; }

    public long LastSeen { get; set; }

    public long Cells => _bursts.Length;

    public bool Remembers => _bursts.Length > 0;

    public Place Grid => _grid;

    /// <summary>The places of the newest burst.</summary>
    public Box Newest => _box;

    public byte NewestBurst => _boxBurst;

    /// <summary>Accesses in the newest burst that moved at all.</summary>
    public int Voters { get; private set; }

    /// <summary>Guesses of <see cref="PrefetchReason.Region"/> that are open.</summary>
    public int RegionOpen { get; set; }

    public long RegionCursor { get; set; }

    /// <summary>The region whose gaps the cursor goes through; one that has grown is gone through again.</summary>
    public void AimRegion(Box region)
    {
        if (region.Low != _regionLow || region.High != _regionHigh)
        {
            (_regionLow, _regionHigh) = (region.Low, region.High);
            RegionCursor = 0;
        }
    }

    /// <summary>The burst in which its coarser neighbour's finer blocks were asked for.</summary>
    public byte RefinedIn { get; set; }

    /// <summary>The burst in which the rest of a movement has been asked for, and where it was.</summary>
    public (byte Burst, Motion Motion, int At) Swept { get; set; }

    /// <summary>Whether that found anything that had been in view.</summary>
    public bool SweptView { get; set; }

    public bool Contains(Place place) =>
        (uint)place.X < (uint)_grid.X && (uint)place.Y < (uint)_grid.Y && (uint)place.Z < (uint)_grid.Z;

    /// <summary>The burst in which a place was read last, 0 when never.</summary>
    public byte BurstAt(Place place) => Remembers && Contains(place) ? _bursts[IndexOf(place)] : (byte)0;

    /// <summary>
    /// True when this access leaves a plane that was being read: without a pause, that too ends a burst. Only the first access to a place in a burst
    /// counts: a block is looked up and read, and three blocks that happened to lie in one plane were taken for six.
    /// </summary>
    public bool LeavesPlane(Place place)
    {
        if (_boxBurst != 0 && BurstAt(place) == _boxBurst)
        {
            return false;
        }

        bool leaves = false;
        for (int axis = 0; axis < 3; axis++)
        {
            ref Box run = ref _runs[axis];
            if (run.Count > 0 && run.Low[axis] != place[axis])
            {
                leaves |= run.Count >= PlaneRun && run.SpansPlaneAcross(axis);
                run = default;
            }

            run.Add(place);
        }

        return leaves;
    }

    public void Mark(Place place, byte burst)
    {
        if (_boxBurst != burst)
        {
            (_boxBefore, _boxBurstBefore) = (_box, _boxBurst);
            (_box, _boxBurst) = (default, burst);
            Array.Clear(_votes);
            Voters = 0;
            RegionCursor = 0;
        }

        _box.Add(place);
        if (Remembers)
        {
            _bursts[IndexOf(place)] = burst;
        }
    }

    public void Vote(Motion motion)
    {
        _votes[IndexOf(motion)]++;
    }

    public void CountVoter() => Voters++;

    public int Votes(Motion motion) => motion.Axis < 0 ? 0 : _votes[IndexOf(motion)];

    /// <summary>
    /// The places that were in view before <paramref name="burst"/>: its box and its own burst's number; count 0 when there are none.
    /// </summary>
    public (Box Box, byte Burst) Before(int burst) => _boxBurst < burst || _boxBurst == 0 ? (_box, _boxBurst) : (_boxBefore, _boxBurstBefore);

    public void Age(byte half)
    {
        foreach (ref byte burst in _bursts.AsSpan())
        {
            burst = burst == 0 ? (byte)0 : (byte)Math.Max(burst - half, 1);
        }

        _boxBurst = _boxBurst == 0 ? (byte)0 : (byte)Math.Max(_boxBurst - half, 1);
        _boxBurstBefore = _boxBurstBefore == 0 ? (byte)0 : (byte)Math.Max(_boxBurstBefore - half, 1);
    }

    // 0, 1: -x, +x; 2, 3: -y, +y; … 6, 7: earlier, later timepoint; 8: another setup; 9 to 12: jumps in x, y, z, time.
    private static int IndexOf(Motion motion) => motion.Axis == Motion.Setup ? Directions
        : motion.IsJump ? Directions + 1 + motion.Axis
        : (2 * motion.Axis) + (motion.Step > 0 ? 1 : 0);

    private long IndexOf(Place place) => place.X + (_grid.X * (place.Y + ((long)_grid.Y * place.Z)));

    private static int Clamp(long count) => (int)Math.Min(count, int.MaxValue);
}

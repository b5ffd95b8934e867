using DataStoreFS.Model;

namespace DataStoreFS.Prefetch;

/// <summary>One program that reads: its images, its bursts, and how good the guesses about it have been.</summary>
/// <remarks>
/// A burst is what a program reads without a pause (a viewer: all that comes on the screen at once); bursts are numbered, 1 to
/// <see cref="LastBurst"/>, and each place of an image remembers the burst in which it was read last.
/// </remarks>
internal sealed class Program
{
    public const byte LastBurst = byte.MaxValue;

    private const int Reasons = 7;
    private const int MostImages = 96;

    // Longer than that it was the program that took its time.
    private const double MostWait = 200;

    private readonly Dictionary<ImageKey, ImageTrace> _images = [];
    private readonly double[] _trust = [1, 1, 1, 1, 1, 1, 1];
    private byte _planBurst;
    private double _latency;

    public byte Burst { get; private set; } = 1;

    public long LastSeen { get; set; }

    /// <summary>The timepoint it reads now, and the one before that.</summary>
    public int Timepoint { get; private set; } = -1;

    public int TimepointBefore { get; private set; } = -1;

    /// <summary>Whether the pause after this burst has been used.</summary>
    public bool Rested { get; set; }

    /// <summary>The last movement that was recognised: it usually goes on.</summary>
    public Motion Motion { get; set; } = Motion.None;

    /// <summary>Guesses of movements belong to a plan; see <see cref="NewPlan"/>.</summary>
    public int Plan { get; private set; } = 1;

    /// <summary>Guesses of older plans are void.</summary>
    public int PlanFloor { get; private set; } = 1;

    /// <summary>How many steps of a movement to be ahead: grows while they are used.</summary>
    public double Steps { get; set; } = 1;

    /// <summary>How many blocks of a walk to be ahead.</summary>
    public double Window { get; set; } = 8;

    /// <summary>
    /// Milliseconds that the program's threads wait for a block as they see it; as far as nothing is known of that, the server's distance.
    /// </summary>
    public double Latency => _latency == 0 ? Distance : _latency;

    /// <summary>How many waits <see cref="Latency"/> is made of.</summary>
    public int Waits { get; private set; }

    /// <summary>Milliseconds of a round trip to the server that was asked last.</summary>
    public double Distance { get; set; }

    /// <summary>Its first block of all, if that had to be waited for and no other has been read since.</summary>
    public (ImageKey Image, Place Place)? Opening { get; set; }

    public bool HasReadNothing => _images.Count == 0;

    public IEnumerable<ImageTrace> Images => _images.Values;

    public long Bytes { get; private set; }

    public ImageTrace? Find(ImageKey key) => _images.GetValueOrDefault(key);

    public ImageTrace Add(ImageKey key, LevelInfo level, long now)
    {
        if (_images.Count >= MostImages)
        {
            ImageTrace oldest = _images.Values.MinBy(image => image.LastSeen)!;
            _images.Remove(oldest.Key);
            Bytes -= oldest.Cells;
        }

        ImageTrace image = new(key, level) { LastSeen = now };
        _images.Add(key, image);
        Bytes += image.Cells;
        return image;
    }

    /// <summary>Whether any level of this setup and timepoint was read in this burst.</summary>
    public bool HasReadNow(in BlockKey key)
    {
        foreach (ImageTrace image in _images.Values)
        {
            if (image.Key.Timepoint == key.Timepoint && image.Key.Setup == key.Setup && image.Key.Volume == key.Volume && image.NewestBurst == Burst)
            {
                return true;
            }
        }

        return false;
    }

    public void GoTo(int timepoint) => (TimepointBefore, Timepoint) = (Timepoint, timepoint);

    public void BeginBurst()
    {
        Rested = false;
        if (Burst < LastBurst)
        {
            Burst++;
            return;
        }

        // Numbers have run out: the older half falls together, the newer keeps its order.
        const byte Half = LastBurst / 2;
        foreach (ImageTrace image in _images.Values)
        {
            image.Age(Half);
        }

        Burst = LastBurst - Half + 1;
    }

    /// <summary>A movement was recognised. The guesses of the bursts before are void; those of this burst's other levels and setups stay.</summary>
    public void NewPlan()
    {
        Plan++;
        if (_planBurst != Burst)
        {
            _planBurst = Burst;
            PlanFloor = Plan;
        }
    }

    public double Trust(PrefetchReason reason) => _trust[(int)reason];

    public void Used(PrefetchReason reason) => _trust[(int)reason] += (1 - _trust[(int)reason]) / 8;

    public void Wasted(PrefetchReason reason) => _trust[(int)reason] -= _trust[(int)reason] / 64;

    /// <summary>Trust comes back slowly, or a guess once wrong would never be tried again.</summary>
    public void Forgive()
    {
        for (int i = 0; i < Reasons; i++)
        {
            _trust[i] += (1 - _trust[i]) / 64;
        }
    }

    /// <summary>
    /// A thread came back this long after it missed a block. The mean, not the least: a block that was on its way already is waited for a little.
    /// </summary>
    public void ObserveWait(double milliseconds)
    {
        Waits++;
        _latency = _latency == 0 ? milliseconds : _latency + ((Math.Min(milliseconds, MostWait) - _latency) / 16);
    }
}

/// <summary>
/// A step along an axis: 0 to 2 for x, y, z, <see cref="Time"/>, or <see cref="Setup"/> (another setup's same places; the step is from its
/// index).
/// </summary>
internal readonly record struct Motion(int Axis, int Step)
{
    public const int Time = 3;
    public const int Setup = 4;

    public static Motion None { get; } = new(-1, 0);

    /// <summary>Further than to the neighbour: a jump is not expected to go on.</summary>
    public bool IsJump => Axis <= Time && Math.Abs(Step) > 1;

    public bool IsSpatial => Axis is >= 0 and <= 2;
}

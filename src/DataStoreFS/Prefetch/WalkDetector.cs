namespace DataStoreFS.Prefetch;

/// <summary>
/// Recognises a program that walks a grid line by line: along any axis first, any second, up or down, with gaps (blocks that are not there) and with
/// several threads that overtake each other a little.
/// </summary>
internal sealed class WalkDetector
{
    /// <summary>Steps in a row that make a walk: as few as a short line has, and more than chance brings together.</summary>
    public const int Certain = 3;

    private const int MaximumScore = 8;

    // Eight threads that read in order differ by up to twice their number.
    private const int Jitter = 16;

    // The nesting orders of three axes, innermost first. The first ones win while several fit (along the first line, the order of the outer
    // axes is open): z, y, x is the order of sorted path names x/y/z; x, y, z that of memory.
    private static readonly (int Inner, int Middle, int Outer)[] s_orders = [(2, 1, 0), (0, 1, 2), (1, 0, 2), (2, 0, 1), (0, 2, 1), (1, 2, 0)];

    private readonly Place _grid;
    private readonly long _count;
    private readonly int _jitter;
    private readonly int[] _scores = new int[2 * s_orders.Length];
    private readonly long[] _front = new long[2 * s_orders.Length];

    // Mean size of a step. In a grid with short lines several orders fit within the jitter; the right one has the smallest steps.
    private readonly double[] _reach = new double[2 * s_orders.Length];
    private int _best = -1;

    public WalkDetector(Place grid)
    {
        _grid = grid;
        _count = (long)grid.X * grid.Y * grid.Z;

        // In a small grid a random place is near any other: there only steps of a place or two count.
        _jitter = (int)Math.Clamp(_count / 32, 1, Jitter);
    }

    /// <summary>Whether the program is walking now.</summary>
    public bool IsWalking => _best >= 0 && _scores[_best] >= Certain;

    /// <summary>How far in the walk's order the program has come.</summary>
    public long Front => _front[_best];

    /// <summary>How far in the walk's order blocks have been asked for ahead; the detector sets it back when the order changes.</summary>
    public long Issued { get; set; }

    public void Observe(Place place)
    {
        for (int i = 0; i < _scores.Length; i++)
        {
            long position = PositionOf(i, place);
            long step = position - _front[i];
            if (step == 0)
            {
                continue;
            }

            bool near = step <= _jitter && step >= -_jitter;
            if (!near && i == _best)
            {
                Issued = position; // a jump: what was asked for before it is no measure
            }

            _scores[i] = near ? Math.Min(_scores[i] + (step > 0 ? 1 : 0), MaximumScore) : _scores[i] / 2;
            _reach[i] += (Math.Min(Math.Abs(step), 4L * Jitter) - _reach[i]) / 8;
            if (!near || step > 0)
            {
                _front[i] = position;
            }
        }

        int leader = Leader();
        if (leader != _best)
        {
            _best = leader;
            Issued = Front;
        }

        Issued = Math.Max(Issued, Front);
    }

    private int Leader()
    {
        int leader = Math.Max(_best, 0);
        for (int i = 0; i < _scores.Length; i++)
        {
            bool closer = _scores[i] >= Certain && _scores[leader] >= Certain && _reach[i] < 0.8 * _reach[leader];
            bool surer = _scores[i] > _scores[leader] && _scores[leader] < Certain;
            leader = closer || surer ? i : leader;
        }

        return leader;
    }

    /// <summary>The place at a position of the walk's order; false past the end of the grid.</summary>
    public bool TryPlaceAt(long position, out Place place)
    {
        place = default;
        if (position < 0 || position >= _count)
        {
            return false;
        }

        if (_best >= s_orders.Length)
        {
            position = _count - 1 - position;
        }

        (int inner, int middle, int outer) = s_orders[_best % s_orders.Length];
        place = place.With(inner, (int)(position % _grid[inner]));
        position /= _grid[inner];
        place = place.With(middle, (int)(position % _grid[middle])).With(outer, (int)(position / _grid[middle]));
        return true;
    }

    /// <summary>
    /// Whether a place is in the part of the grid that is being walked: once a second line has begun, lines are as long as those before (or one
    /// longer), and once a second plane has, planes are as wide.
    /// </summary>
    public bool IsWithin(Place place, Box walked)
    {
        (int inner, int middle, int outer) = s_orders[_best % s_orders.Length];
        bool secondPlane = walked.Extent(outer) > 1;
        return ((walked.Extent(middle) <= 1 && !secondPlane) || IsWithin(place[inner], walked, inner))
            && (!secondPlane || IsWithin(place[middle], walked, middle));
    }

    private static bool IsWithin(int value, Box walked, int axis) => value >= walked.Low[axis] - 1 && value <= walked.High[axis] + 1;

    // The second half of the orders are the first backwards.
    private long PositionOf(int order, Place place)
    {
        (int inner, int middle, int outer) = s_orders[order % s_orders.Length];
        long position = place[inner] + (_grid[inner] * (place[middle] + ((long)_grid[middle] * place[outer])));
        return order < s_orders.Length ? position : _count - 1 - position;
    }
}

using DataStoreFS.Model;

namespace DataStoreFS.Opening;

/// <summary>
/// The far edge of a level whose size can be read in two ways. The protocol never says which; the sizes in which blocks at that edge are stored
/// do. Pure arithmetic.
/// </summary>
internal sealed class LevelEdge
{
    private readonly DescribedLevel _level;
    private readonly LevelInfo _down;
    private readonly bool[] _open;

    public LevelEdge(Size3 full, DescribedLevel level)
    {
        _level = level;
        _down = new LevelInfo(0, level.Factors, Dimensions(full, level.Factors, Rounding.Down), level.BlockSize);
        Size3 up = Dimensions(full, level.Factors, Rounding.Up);
        _open = [up.X != _down.Dimensions.X, up.Y != _down.Dimensions.Y, up.Z != _down.Dimensions.Z];
    }

    public bool IsAmbiguous => _open.Contains(true);

    public static Size3 Dimensions(Size3 full, Size3 factors, Rounding rounding) => rounding == Rounding.Up
        ? new Size3(Up(full.X, factors.X), Up(full.Y, factors.Y), Up(full.Z, factors.Z))
        : new Size3(Math.Max(full.X / factors.X, 1), Math.Max(full.Y / factors.Y, 1), Math.Max(full.Z / factors.Z, 1));

    /// <summary>
    /// Grid positions that may tell: for each open axis the block at its far end in the middle of the others, where data are likeliest, and
    /// the far corner. At most four.
    /// </summary>
    public IReadOnlyList<Size3> Probes()
    {
        Size3 middle = new((_down.Grid.X - 1) / 2, (_down.Grid.Y - 1) / 2, (_down.Grid.Z - 1) / 2);
        List<Size3> probes = [];
        Size3 corner = middle;
        for (int axis = 0; axis < 3; axis++)
        {
            if (_open[axis])
            {
                probes.Add(With(middle, axis, Far(axis)));
                corner = With(corner, axis, Far(axis));
            }
        }

        return [.. probes.Append(corner).Distinct()];
    }

    /// <summary>What a block's stored size says. Axes that contradict each other say nothing.</summary>
    public Rounding Judge(Size3 position, Size3 stored)
    {
        if (stored.X <= 0 || stored.Y <= 0 || stored.Z <= 0)
        {
            return Rounding.Unknown;
        }

        bool clips = Enumerable.Range(0, 3).Any(axis => stored[axis] < _level.BlockSize[axis]);
        bool down = false;
        bool up = false;
        for (int axis = 0; axis < 3; axis++)
        {
            if (_open[axis])
            {
                Rounding said = Judge(axis, position[axis], stored[axis], clips);
                down |= said == Rounding.Down;
                up |= said == Rounding.Up;
            }
        }

        return down == up ? Rounding.Unknown : up ? Rounding.Up : Rounding.Down;
    }

    /// <param name="axis">An open one.</param>
    /// <param name="at">Grid position on it.</param>
    /// <param name="stored">Voxels on it.</param>
    /// <param name="clips">Whether this block shows that its writer clips. Where none was clipped, a full block may as well be a padded one.</param>
    private Rounding Judge(int axis, long at, long stored, bool clips)
    {
        long last = _down.Grid[axis] - 1;
        if (at > last)
        {
            return Rounding.Up;
        }

        long block = _level.BlockSize[axis];
        long clipped = _down.Dimensions[axis] - (last * block);
        if (at < last || clipped == block)
        {
            return Rounding.Unknown;
        }

        // Rounding up adds one voxel.
        bool more = stored == clipped + 1 && (stored < block || clips);
        return stored == clipped ? Rounding.Down : more ? Rounding.Up : Rounding.Unknown;
    }

    /// <summary>The last block if rounding changes its size; otherwise the one behind it, which only rounding up has.</summary>
    private long Far(int axis) => _down.Dimensions[axis] % _level.BlockSize[axis] == 0 ? _down.Grid[axis] : _down.Grid[axis] - 1;

    private static long Up(long full, long factor) => ((full - 1) / factor) + 1;

    private static Size3 With(Size3 position, int axis, long value) => axis switch
    {
        0 => position with { X = value },
        1 => position with { Y = value },
        _ => position with { Z = value },
    };
}

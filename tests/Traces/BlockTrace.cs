using System.Globalization;
using DataStoreFS.Model;

namespace DataStoreFS.Traces;

/// <summary>What a viewer opened, in bursts: what comes on the screen at once, then a pause in which the user looks or moves on.</summary>
/// <param name="Bursts">In order.</param>
public sealed record BlockTrace(IReadOnlyList<TraceBurst> Bursts)
{
    /// <summary>Opens further apart than this belong to two bursts: a viewer's loaders are never idle that long within one.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(80);

    public int Opens => Bursts.Sum(burst => burst.Blocks.Count);

    /// <summary>Reads <c>t_s thread setup timepoint level x y z</c>, one line an open, after one line of heading.</summary>
    public static BlockTrace Parse(IEnumerable<string> lines)
    {
        List<TraceBurst> bursts = [];
        List<BlockKey> blocks = [];
        TimeSpan last = TimeSpan.Zero;
        TimeSpan pause = TimeSpan.Zero;
        foreach (string line in lines.Skip(1))
        {
            double[] fields = [.. line.Split('\t').Select(field => double.Parse(field, CultureInfo.InvariantCulture))];
            TimeSpan when = TimeSpan.FromSeconds(fields[0]);
            if (blocks.Count > 0 && when - last > s_pause)
            {
                bursts.Add(new TraceBurst(pause, blocks));
                (blocks, pause) = ([], when - last);
            }

            blocks.Add(new BlockKey(0, (int)fields[2], (int)fields[3], (int)fields[4], (int)fields[5], (int)fields[6], (int)fields[7]));
            last = when;
        }

        bursts.Add(new TraceBurst(pause, blocks));
        return new BlockTrace(bursts);
    }
}

/// <param name="Pause">Between the last open of the burst before and the first of this one.</param>
/// <param name="Blocks">In the order in which they were opened.</param>
public sealed record TraceBurst(TimeSpan Pause, IReadOnlyList<BlockKey> Blocks);

namespace DataStoreFS.Model;

/// <summary>Which images of a dataset are meant: ids as the tree's paths have them (setupS, timepointT, sL), null for all.</summary>
public sealed record ImageFilter(IReadOnlySet<int>? Setups = null, IReadOnlySet<int>? Timepoints = null, IReadOnlySet<int>? Levels = null)
{
    public bool Wants(int setup, int timepoint, int level) =>
        Setups?.Contains(setup) != false && Timepoints?.Contains(timepoint) != false && Levels?.Contains(level) != false;

    /// <summary>A number that the dataset does not have is a mistake of whoever wrote it, not an empty wish.</summary>
    /// <param name="dataset">What it is called in the message.</param>
    /// <param name="setups">Those there are.</param>
    /// <param name="timepoints">Likewise.</param>
    /// <param name="levels">Likewise.</param>
    /// <exception cref="DataStoreException">Usage: the first one that there is not.</exception>
    public void RequireKnown(string dataset, IEnumerable<int> setups, IEnumerable<int> timepoints, IEnumerable<int> levels)
    {
        RequireKnown(dataset, "setup", Setups, setups);
        RequireKnown(dataset, "timepoint", Timepoints, timepoints);
        RequireKnown(dataset, "level", Levels, levels);
    }

    /// <inheritdoc cref="RequireKnown(string, IEnumerable{int}, IEnumerable{int}, IEnumerable{int})"/>
    public void RequireKnown(string dataset, VolumeInfo volume)
    {
        int levels = volume.Setups.Count == 0 ? 0 : volume.Setups.Max(setup => setup.Levels.Count);
        RequireKnown(dataset, volume.Setups.Select(setup => setup.Id), volume.TimepointIds, Enumerable.Range(0, levels));
    }

    private static void RequireKnown(string dataset, string what, IReadOnlySet<int>? wanted, IEnumerable<int> known)
    {
        if (wanted is null)
        {
            return;
        }

        int[] unknown = [.. wanted.Except(known)];
        if (unknown.Length > 0)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, $"{dataset} has no {what} {unknown.Min()}; 'datastorefs info' says what it has");
        }
    }
}

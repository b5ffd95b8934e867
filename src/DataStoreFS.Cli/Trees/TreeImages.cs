using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Cli.Trees;

/// <summary>The images that a place stands for.</summary>
internal static class TreeImages
{
    /// <param name="place">Where.</param>
    /// <param name="filter">Which of those.</param>
    /// <exception cref="DataStoreException">Usage: the filter names what is not there. And what keeps the tree from being read.</exception>
    public static IReadOnlyList<TreeImage> Of(TreePlace place, ImageFilter filter)
    {
        N5TreeReader reader = new(place.Container);
        List<(string Name, int Setup, int Timepoint, int Level)> found = [.. Names(place, reader)];
        filter.RequireKnown(place.Path, found.Select(f => f.Setup), found.Select(f => f.Timepoint), found.Select(f => f.Level));
        return [.. found.Where(f => filter.Wants(f.Setup, f.Timepoint, f.Level)).Select(f => Read(place, reader, f))];
    }

    /// <summary>
    /// The finest level of each setup and timepoint that a place stands for, or the level that it names, looked at one by one: of a remote tree each
    /// look costs a request.
    /// </summary>
    public static IEnumerable<TreeImage> Finest(TreePlace place, bool backwards)
    {
        N5TreeReader reader = new(place.Container);
        foreach (int setup in Ordered(place.Container, "setup", place.Setup, backwards))
        {
            string folder = Path.Join(place.Container, string.Create(CultureInfo.InvariantCulture, $"setup{setup}"));
            foreach (int timepoint in Ordered(folder, "timepoint", place.Timepoint, backwards))
            {
                string timepointFolder = Path.Join(folder, string.Create(CultureInfo.InvariantCulture, $"timepoint{timepoint}"));
                foreach (int level in Ordered(timepointFolder, "s", place.Level, backwards: false).Take(1))
                {
                    yield return Read(
                        place,
                        reader,
                        (string.Create(CultureInfo.InvariantCulture, $"setup{setup}/timepoint{timepoint}/s{level}"), setup, timepoint, level));
                }
            }
        }
    }

    private static int[] Ordered(string folder, string prefix, int? only, bool backwards)
    {
        if (only is int named)
        {
            return [named];
        }

        IEnumerable<int> numbers =
            from path in Directory.EnumerateDirectories(folder, prefix + "*")
            let number = int.TryParse(
                Path.GetFileName(path.AsSpan())[prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int value)
                ? value
                : -1
            where number >= 0
            select number;
        return [.. backwards ? numbers.OrderDescending() : numbers.Order()];
    }

    private static IEnumerable<(string Name, int Setup, int Timepoint, int Level)> Names(TreePlace place, N5TreeReader reader)
    {
        if (place is { Setup: int setup, Timepoint: int timepoint, Level: int level })
        {
            return [(string.Create(CultureInfo.InvariantCulture, $"setup{setup}/timepoint{timepoint}/s{level}"), setup, timepoint, level)];
        }

        return from name in reader.Images()
               let numbers = name.Split('/')
               let image = (
                   Name: name, Setup: Number(numbers[0], "setup"), Timepoint: Number(numbers[1], "timepoint"), Level: Number(numbers[2], "s"))
               where (place.Setup ?? image.Setup) == image.Setup && (place.Timepoint ?? image.Timepoint) == image.Timepoint
               select image;
    }

    private static TreeImage Read(TreePlace place, N5TreeReader reader, (string Name, int Setup, int Timepoint, int Level) image)
    {
        N5LevelAttributes attributes = reader.ReadAttributes(image.Name);
        LevelInfo level = new(image.Level, attributes.Factors ?? new Size3(1, 1, 1), attributes.Dimensions, attributes.BlockSize);
        for (int axis = 0; axis < place.Position.Count; axis++)
        {
            if (place.Position[axis] >= level.Grid[axis])
            {
                throw new DataStoreException(DataStoreErrorKind.Usage, $"{place.Path} lies outside of its image, which has {level.Grid} blocks");
            }
        }

        return new TreeImage(
            Path.Combine(place.Container, image.Name), image.Setup, image.Timepoint, level, attributes.Type.Bytes())
        { Position = place.Position };
    }

    private static int Number(string step, string prefix) => int.Parse(step.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture);
}

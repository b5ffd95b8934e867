using System.Collections.Concurrent;
using System.Globalization;
using DataStoreFS.Model;

namespace DataStoreFS.Server.Storage;

/// <summary>
/// The levels of one <c>setupS/timepointT</c> folder. The listing is read again when the folder changes, a level when its attributes do; a
/// request pays one <c>statx</c> for the folder and one for each level.
/// </summary>
internal sealed class LevelTable
{
    private readonly Stamped<int[]> _indexes;
    private readonly ConcurrentDictionary<int, Stamped<LevelFolder>> _levels = new();
    private readonly string _path;

    public LevelTable(string path)
    {
        _path = path;
        _indexes = new Stamped<int[]>(path, () => List(path));
    }

    /// <summary>False: this timepoint or setup does not exist in this version.</summary>
    public bool Exists => _indexes.Exists;

    /// <summary>Ascending by index.</summary>
    public IReadOnlyList<LevelFolder> All() => [.. _indexes.Value.Select(Level)];

    /// <summary>The level with exactly these factors, or null. Two of them are the original's 406.</summary>
    public LevelFolder? Find(Size3 factors)
    {
        LevelFolder? found = null;
        foreach (int index in _indexes.Value)
        {
            LevelFolder level = Level(index);
            if (level.Info.Factors != factors)
            {
                continue;
            }

            found = found is null ? level : throw new Http.Refusal(
                406, $"Duplicate key [{factors.X},{factors.Y},{factors.Z}] (attempted merging values {found.Index} and {level.Index})");
        }

        return found;
    }

    private LevelFolder Level(int index) => _levels.GetOrAdd(index, static (i, path) =>
    {
        string folder = $"{path}/s{i}";
        return new Stamped<LevelFolder>($"{folder}/attributes.json", () => LevelFolder.Read(folder, i));
    }, _path).Value;

    private static int[] List(string path)
    {
        List<int> indexes = [];
        if (Directory.Exists(path))
        {
            foreach (string folder in Directory.EnumerateDirectories(path, "s*"))
            {
                ReadOnlySpan<char> number = Path.GetFileName(folder.AsSpan())[1..];
                if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                    && File.Exists(Path.Combine(folder, "attributes.json")))
                {
                    indexes.Add(index);
                }
            }
        }

        indexes.Sort();
        return [.. indexes];
    }
}

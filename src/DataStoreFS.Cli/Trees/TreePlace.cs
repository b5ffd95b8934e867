using System.Globalization;
using DataStoreFS.Cli.Options;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Trees;

/// <summary>A path in or above an N5 container of BigDataViewer, and the part of it that the path stands for.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Container">The folder of the <c>setupS</c> folders.</param>
internal sealed record TreePlace(string Path, string Container)
{
    private static readonly string[] s_prefixes = ["setup", "timepoint", "s", "", "", ""];

    public int? Setup { get; private init; }

    public int? Timepoint { get; private init; }

    public int? Level { get; private init; }

    /// <summary>The beginning of x, y, z: as much of it as the path has.</summary>
    public IReadOnlyList<int> Position { get; private init; } = [];

    /// <param name="path">
    /// A container, the folder it lies in (like a mount point), or something in it: <c>…/export.n5/setup0/timepoint3/s1/5/2</c>.
    /// </param>
    /// <exception cref="DataStoreException">Usage: it is nothing of the kind.</exception>
    public static TreePlace Of(string path)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(OptionValues.FullPath(path));
        string[] steps = full.Split('/');
        int first = Array.FindLastIndex(steps, step => Number(step, "setup") is not null);
        if (first > 0)
        {
            return Inside(full, string.Join('/', steps[..first]), steps[first..]);
        }

        RequireThere(full);
        return Containers(full).FirstOrDefault(IsContainer) is string container
            ? new TreePlace(full, container.Length == 0 ? "/" : container)
            : throw new DataStoreException(
                DataStoreErrorKind.Usage,
                $"there is no N5 container of BigDataViewer (export.n5 with setup folders) at {full}; name one, or something in it");
    }

    private static TreePlace Inside(string full, string container, string[] steps)
    {
        int?[] numbers = [.. steps.Select((step, i) => i < s_prefixes.Length ? Number(step, s_prefixes[i]) : null)];
        if (numbers.Any(number => number is null))
        {
            throw new DataStoreException(
                DataStoreErrorKind.Usage, $"{full} is no image or block of an N5 container; expected .../setupS/timepointT/sL/X/Y/Z, or less of it");
        }

        RequireThere(full);
        return new TreePlace(full, container)
        {
            Setup = numbers[0],
            Timepoint = numbers.ElementAtOrDefault(1),
            Level = numbers.ElementAtOrDefault(2),
            Position = [.. numbers.Skip(3).Select(number => number!.Value)],
        };
    }

    private static IEnumerable<string> Containers(string folder)
    {
        yield return folder;
        yield return System.IO.Path.Join(folder, "export.n5");
        foreach (string other in Folders(folder, "*.n5").Order(StringComparer.Ordinal))
        {
            yield return other;
        }
    }

    private static bool IsContainer(string folder) =>
        Folders(folder, "setup*").Any(path => Number(System.IO.Path.GetFileName(path), "setup") is not null);

    private static void RequireThere(string path)
    {
        if (!Guarded(path, () => PlainFile.Exists(path)))
        {
            throw new DataStoreException(DataStoreErrorKind.NotFound, $"{path} does not exist");
        }
    }

    // Directory.Exists is false for what this user may not look at.
    private static string[] Folders(string folder, string pattern) => Guarded(
        folder, () => PlainFile.Exists(folder) && Directory.Exists(folder) ? Directory.GetDirectories(folder, pattern) : []);

    private static T Guarded<T>(string path, Func<T> look)
    {
        try
        {
            return look();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            string reason = fault is UnauthorizedAccessException ? $"cannot read {path}: Permission denied" : fault.Message;
            throw new DataStoreException(
                DataStoreErrorKind.Local, $"{reason}; a mount is its user's alone unless it was mounted with --allow-other", fault);
        }
    }

    private static int? Number(string step, string prefix) =>
        step.StartsWith(prefix, StringComparison.Ordinal)
            && int.TryParse(step.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;
}

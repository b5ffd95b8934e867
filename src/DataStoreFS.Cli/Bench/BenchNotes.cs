using System.Globalization;

namespace DataStoreFS.Cli.Bench;

/// <summary>What keeps figures from meaning what they seem to.</summary>
internal static class BenchNotes
{
    // Below this, what is paid once (connections, listings) and chance outweigh the rest.
    private const int FewFiles = 64;

    /// <param name="phases">As run.</param>
    /// <param name="files">Asked for.</param>
    /// <param name="load">Before the run.</param>
    /// <param name="cores">Of the machine.</param>
    public static IReadOnlyList<string> Of(IReadOnlyList<BenchPhase> phases, int files, double load, int cores)
    {
        List<string> notes = [];
        BenchPhase[] first = [.. phases.Where(phase => phase.Name is "seq" or "par8")];
        if (first.Any(phase => phase.Cached is null))
        {
            notes.Add(
                "whether seq and par8 were cold is not known: this file system does not tell, and the kernel or its daemon may have had the blocks");
        }

        foreach (BenchPhase phase in first.Where(phase => phase.Cached > 0))
        {
            notes.Add(
                Text($"{phase.Name} was not cold: {phase.Cached} of its {phase.Files} blocks were cached already")
                + "; mount anew without a disk cache, or name another part of the tree");
        }

        if (first.Any(phase => phase.Files < files))
        {
            notes.Add(
                Text($"only {string.Join(" and ", first.Select(phase => Text($"{phase.Files} ({phase.Name})")))} of {files} files could be read")
                + ": the tree has no more that are not read twice");
        }

        if (first.Any(phase => phase.Files < Math.Min(files, FewFiles)) || files < FewFiles)
        {
            notes.Add("so few files say little: what is paid once outweighs the rest");
        }

        foreach (BenchPhase phase in first.Where(phase => phase.Missing > 0))
        {
            notes.Add(Text($"{phase.Name}: {phase.Missing} blocks are not in the tree; looking for them is in its time, not in its rates of bytes"));
        }

        if (load > cores / 2.0)
        {
            notes.Add(Text($"the machine was busy (load {load:0.0} on {cores} cores): run it again when it is idle"));
        }

        return notes;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

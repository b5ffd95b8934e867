namespace Integration.Crash;

/// <summary>What is told of a failed run. A message may be cut off at either end on its way to a reader, so the whole is in a file besides.</summary>
internal static class CrashReport
{
    private const int LastLines = 40;

    /// <param name="summary">One line: seed and counts.</param>
    /// <param name="problems">What must not be.</param>
    /// <param name="log">The mount's log file.</param>
    /// <returns>The message: where the whole is, the problems, and the end of the log.</returns>
    public static string Write(string summary, IReadOnlyList<string> problems, string log)
    {
        string[] lines = File.Exists(log) ? File.ReadAllLines(log) : [];
        string file = Path.Join(Directory.CreateDirectory(Folder()).FullName, $"crash-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Environment.ProcessId}.txt");
        File.WriteAllLines(file, [summary, .. problems, "", .. lines]);
        return string.Join('\n', [summary, .. problems, $"all of it: {file}", .. lines.TakeLast(LastLines)]);
    }

    /// <summary>Where scripts/test puts its results; outside of a checkout, the folder for temporary files.</summary>
    private static string Folder()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Join(at.FullName, "DataStoreFS.slnx")))
            {
                return Path.Join(at.FullName, "artifacts", "test-results");
            }
        }

        return Path.GetTempPath();
    }
}

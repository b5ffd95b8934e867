using System.Globalization;

namespace DataStoreFS.Server.SpimData;

/// <summary>Adds the view-setup attribute <c>version</c> with which the original's XML tells its clients apart what to ask for.</summary>
internal static class SpimVersions
{
    public const string MixedLatest = "mixedLatest";
    private const string Attribute = "version";
    private const int MixedLatestId = -1;

    /// <summary>A document of one version: setups keep their ids and names.</summary>
    /// <param name="document">That version's own document.</param>
    /// <param name="version">Its number, or null for mixedLatest.</param>
    public static SpimDocument WithVersion(SpimDocument document, int? version) => document with
    {
        Setups = [.. document.Setups.Select(s => s with { Attributes = Marked(s, version) })],
        Entities = Described(document, [version]),
    };

    /// <summary>All versions as further setups of one document, then mixedLatest; setups are numbered anew.</summary>
    public static SpimDocument AllVersions(SpimDocument document, IReadOnlyList<int> versions)
    {
        int?[] all = [.. versions.Order().Select(v => (int?)v), null];
        int count = document.Setups.Count;
        Dictionary<int, int> position = [];
        foreach (SpimSetup setup in document.Setups)
        {
            position[setup.Id] = position.Count;
        }

        return document with
        {
            Setups = [.. all.SelectMany((version, k) => document.Setups.Select((setup, i) => setup with
            {
                Id = (k * count) + i,
                Name = $"Angle: {setup.Attribute("angle")}, Channel: {setup.Attribute("channel")}, Version: {Name(version)}",
                Attributes = Marked(setup, version),
            }))],
            Entities = Described(document, all),
            MissingViews = [.. all.SelectMany((_, k) => (document.MissingViews ?? [])
                .Where(v => position.ContainsKey(v.Setup)).Select(v => (v.Timepoint, (k * count) + position[v.Setup]))).Order()],
            Registrations = [.. all.SelectMany((_, k) => document.Registrations
                .Where(r => position.ContainsKey(r.Setup)).Select(r => r with { Setup = (k * count) + position[r.Setup] }))
                .OrderBy(r => r.Timepoint).ThenBy(r => r.Setup)],
        };
    }

    private static Dictionary<string, int> Marked(SpimSetup setup, int? version) =>
        new(setup.Attributes) { [Attribute] = version ?? MixedLatestId };

    private static Dictionary<string, IReadOnlyList<SpimEntity>> Described(SpimDocument document, IEnumerable<int?> versions) =>
        new(document.Entities)
        {
            [Attribute] = [.. versions.Select(v => new SpimEntity(v ?? MixedLatestId, Name(v), [])).OrderBy(e => e.Id)],
        };

    private static string Name(int? version) => version?.ToString(CultureInfo.InvariantCulture) ?? MixedLatest;
}

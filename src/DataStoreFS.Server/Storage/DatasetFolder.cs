using System.Collections.Concurrent;
using System.Globalization;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.SpimData;

namespace DataStoreFS.Server.Storage;

/// <summary>
/// One dataset's folder: its versions, their XML and their levels, each read once and again when it has changed on the disk. Reading creates
/// nothing.
/// </summary>
internal sealed class DatasetFolder
{
    private readonly ConcurrentDictionary<int, Stamped<SpimDocument>> _documents = new();
    private readonly ConcurrentDictionary<(int Version, int Setup, int Timepoint), LevelTable> _levels = new();
    private readonly Stamped<Listing> _listing;

    public DatasetFolder(string root, string uuid)
    {
        Uuid = uuid;
        Path = System.IO.Path.Combine(root, uuid);
        _listing = new Stamped<Listing>(Path, List);
    }

    public string Uuid { get; }
    public string Path { get; }

    /// <summary>Ascending. Whatever has a number as its name counts, as in the original, even without an XML.</summary>
    public IReadOnlyList<int> Versions => _listing.Value.Sorted;

    /// <summary>In the order of the directory listing, as the original's JSON has them.</summary>
    public IReadOnlyList<int> ListedVersions => _listing.Value.Listed;

    /// <summary>The name of the first regular file, which is how the original keeps a label.</summary>
    public string? Label => _listing.Value.Label;

    public bool Exists => _listing.Exists;

    public int Lowest => Versions.Count > 0 ? Versions[0] : throw Refusal.Internal();

    public int Highest => Versions.Count > 0 ? Versions[^1] : throw Refusal.Internal();

    public string VersionPath(int version) => $"{Path}/{version.ToString(CultureInfo.InvariantCulture)}";

    public string N5Path(int version) => VersionPath(version) + "/export.n5";

    public string XmlPath(int version) => VersionPath(version) + "/export.xml";

    public bool HasVersion(int version) => _listing.Value.Sorted.AsSpan().BinarySearch(version) >= 0;

    /// <summary>A version's own XML.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no SpimData document.</exception>
    public SpimDocument Document(int version) =>
        _documents.GetOrAdd(version, v => new Stamped<SpimDocument>(XmlPath(v), () => ReadDocument(v))).Value;

    /// <summary>
    /// The XML that block addresses, time points and the JSON come from. The original takes version 0 and is bricked when that is deleted; here it
    /// is the lowest version.
    /// </summary>
    /// <exception cref="Refusal">500, as the original's when it cannot read its version 0.</exception>
    public SpimDocument AddressDocument()
    {
        try
        {
            return Document(Lowest);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw Refusal.Internal(e);
        }
    }

    public LevelTable Levels(int version, int setup, int timepoint)
    {
        (int, int, int) key = (version, setup, timepoint);
        return _levels.TryGetValue(key, out LevelTable? known) ? known : AddLevels(key);
    }

    /// <summary>After this server has changed versions, XML or attributes itself.</summary>
    public void Forget()
    {
        _listing.Forget();
        _documents.Clear();
        _levels.Clear();
    }

    private LevelTable AddLevels((int Version, int Setup, int Timepoint) key)
    {
        LevelTable table = new($"{N5Path(key.Version)}/setup{key.Setup}/timepoint{key.Timepoint}");

        // What does not exist is not remembered: any number can be asked for.
        return table.Exists ? _levels.GetOrAdd(key, table) : table;
    }

    private SpimDocument ReadDocument(int version)
    {
        using FileStream file = new(XmlPath(version), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return SpimReader.Read(file);
    }

    private Listing List()
    {
        List<int> versions = [];
        string? label = null;
        if (Directory.Exists(Path))
        {
            foreach (FileSystemInfo entry in new DirectoryInfo(Path).EnumerateFileSystemInfos())
            {
                if (entry.Name.All(char.IsAsciiDigit) && int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int version))
                {
                    versions.Add(version);
                }

                // Hidden files are file systems' and tools' own.
                if (entry is FileInfo && label is null && entry.Name[0] != '.')
                {
                    label = entry.Name;
                }
            }
        }

        return new Listing([.. versions.Order()], versions, label);
    }

    private sealed record Listing(int[] Sorted, IReadOnlyList<int> Listed, string? Label);
}

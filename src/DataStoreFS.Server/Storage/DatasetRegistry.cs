using System.Collections.Concurrent;
using DataStoreFS.Server.Http;

namespace DataStoreFS.Server.Storage;

/// <summary>
/// The datasets of the served folder. Blocks are served of any folder with a readable XML, JSON and XML only of those that are registered: all
/// that are there at the start, and what is created or registered later.
/// </summary>
internal sealed class DatasetRegistry
{
    private readonly ConcurrentDictionary<string, Dataset> _registered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DatasetFolder> _folders = new(StringComparer.Ordinal);
    private readonly RecordStore _records;

    public DatasetRegistry(string root)
    {
        Root = Path.GetFullPath(root);
        _records = new RecordStore(Root);
    }

    public string Root { get; }

    public IEnumerable<Dataset> Registered => _registered.Values;

    /// <summary>Registers all that is in the folder. What cannot be read is left out, with one line to <paramref name="log"/>.</summary>
    public void Scan(Action<string>? log)
    {
        foreach (string path in Directory.EnumerateDirectories(Root))
        {
            string uuid = Path.GetFileName(path);
            try
            {
                DatasetFolder folder = new(Root, uuid);
                if (IsName(uuid) && folder.Versions.Any(v => File.Exists(folder.XmlPath(v))))
                {
                    _registered[uuid] = new Dataset(folder, _records.Read(uuid) ?? DatasetRecord.FromFolder(folder));
                    _folders[uuid] = folder;
                }
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or Refusal)
            {
                log?.Invoke($"{path} is not served: {e.Message.ReplaceLineEndings(" ")}");
            }
        }
    }

    /// <exception cref="Refusal">404: not registered.</exception>
    public Dataset Get(string uuid) => Find(uuid) ?? throw Refusal.UnknownDataset(uuid);

    public Dataset? Find(string uuid) => _registered.GetValueOrDefault(uuid);

    /// <summary>A folder for block access, registered or not; null when there is none with that name.</summary>
    public DatasetFolder? Folder(string uuid)
    {
        if (_folders.TryGetValue(uuid, out DatasetFolder? known))
        {
            return known;
        }

        if (!IsName(uuid))
        {
            return null;
        }

        DatasetFolder folder = new(Root, uuid);
        return folder.Exists ? _folders.GetOrAdd(uuid, folder) : null;
    }

    /// <summary>Makes a dataset known, or replaces what is known of it, durably.</summary>
    public Dataset Register(DatasetFolder folder, DatasetRecord record)
    {
        _records.Write(folder.Uuid, record);
        _folders[folder.Uuid] = folder;
        return _registered[folder.Uuid] = new Dataset(folder, record);
    }

    public void Unregister(string uuid)
    {
        _records.Delete(uuid);
        _registered.TryRemove(uuid, out _);
        _folders.TryRemove(uuid, out _);
    }

    /// <summary>Whether a text from a URL may become a directory's name: nothing that leaves the folder, and nothing that is hidden in it.</summary>
    public static bool IsName(string uuid) =>
        uuid.Length is > 0 and <= 255 && uuid[0] != '.' && !uuid.AsSpan().ContainsAny('/', '\0', '\\');
}

/// <summary>A registered dataset: its folder and what the data base of the original would know. Replaced as a whole when that changes.</summary>
internal sealed record Dataset(DatasetFolder Folder, DatasetRecord Record);

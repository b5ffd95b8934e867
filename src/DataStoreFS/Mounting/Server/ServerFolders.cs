using System.Collections.Concurrent;
using DataStoreFS.Model;
using DataStoreFS.Tree;

namespace DataStoreFS.Mounting.Server;

/// <summary>The folders above the volumes: datasets that are known, and the versions that they had when they were last asked.</summary>
internal sealed class ServerFolders(IEnumerable<string> known)
{
    private readonly Lock _gate = new();
    private readonly SortedSet<string> _names = new(known, StringComparer.Ordinal);
    private readonly Dictionary<string, ulong> _ids = [];
    private readonly ConcurrentDictionary<ulong, string> _byId = new();

    /// <summary>Listed: those of the list that was given, and those that somebody has named since.</summary>
    public IReadOnlyList<string> Datasets
    {
        get
        {
            lock (_gate)
            {
                return [.. _names];
            }
        }
    }

    /// <summary>The server knows the dataset.</summary>
    public ulong Add(string uuid)
    {
        lock (_gate)
        {
            _names.Add(uuid);
            if (!_ids.TryGetValue(uuid, out ulong id))
            {
                _ids[uuid] = id = ServerIds.Dataset(uuid, _byId.ContainsKey);
                _byId[id] = uuid;
            }

            return id;
        }
    }

    /// <summary>The dataset of a folder's id.</summary>
    public bool TryFind(ulong id, out string? uuid) => _byId.TryGetValue(id, out uuid);

    public static bool IsFolder(ulong id) => id == NodeIds.Root || ServerIds.SlotOf(id) == 0;

    /// <summary>What listing a dataset shows: its numbers and the mixture. Other words (latest, all) are found when they are named.</summary>
    public static IEnumerable<string> VersionsOf(DatasetDescription dataset) =>
        dataset.Versions.Order().Select(v => v.ToString(System.Globalization.CultureInfo.InvariantCulture)).Append("mixedLatest");
}

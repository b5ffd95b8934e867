using DataStoreFS.Overlay;
using DataStoreFS.Tree;

namespace DataStoreFS.Mounting.Writing;

/// <summary>
/// The ids of files that the overlay has, and where they are now. An id is the upper file system's inode number in the range of table nodes, so hard
/// links share it, a rename keeps it, and it is the same after a remount. A file of the dataset that is copied up while the kernel knows it keeps its
/// id, wherever it is moved to, because the kernel goes on using it.
/// </summary>
/// <remarks>
/// An entry lives from the kernel's first lookup to its last forget; those of copied files, as many as were changed, stay. The lock is a leaf.
/// </remarks>
internal sealed class OverlayNodes
{
    // Inode numbers fill the lower part of the table's range, what is given out here the upper.
    private const ulong InodeMask = (1UL << 61) - 1;
    private const ulong SparePart = 1UL << 61;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Entry> _byId = [];

    // upper inode -> another id than its own: of the dataset's node that it is the copy of, or a spare one
    private readonly Dictionary<ulong, ulong> _given = [];
    private ulong _spare;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _byId.Count;
            }
        }
    }

    /// <summary>The id of an upper file, for listings; nothing is remembered.</summary>
    public ulong IdOf(ulong inode)
    {
        lock (_gate)
        {
            return IdOfLocked(inode);
        }
    }

    /// <summary>The kernel is about to learn of an upper file: one lookup more.</summary>
    public ulong Enter(ulong inode, string path)
    {
        lock (_gate)
        {
            ulong id = IdOfLocked(inode);
            if (_byId.TryGetValue(id, out Entry? before) && before.IsGone)
            {
                // The disk has given a removed file's number to a new one, and the kernel still knows the old: it has its pages.
                id = NodeIds.FirstTableNode + SparePart + _spare++;
                _given[inode] = id;
            }

            Entry entry = EntryOf(id);
            entry.Lookups++;
            entry.Add(path);
            return id;
        }
    }

    /// <summary>A file of the dataset was copied up while the kernel knows it.</summary>
    /// <param name="id">The kernel's, which stays.</param>
    /// <param name="inode">Of the copy.</param>
    /// <param name="path">Where the copy is.</param>
    public void CopiedUp(ulong id, ulong inode, string path)
    {
        lock (_gate)
        {
            _given[inode] = id;
            Entry entry = EntryOf(id);
            entry.Stays = true;
            entry.IsGone = false;
            entry.Paths.Clear();
            entry.Add(path);
        }
    }

    /// <summary>The dataset's own file is what there is under this id (again: what covered it was discarded).</summary>
    public void ShowsLower(ulong id)
    {
        lock (_gate)
        {
            _byId.Remove(id);
        }
    }

    /// <param name="id">Any.</param>
    /// <param name="path">Where it is, by one of its names; null when its last one is gone.</param>
    /// <param name="block">The block that it has become by a rename, until the kernel has noticed.</param>
    /// <returns>False for what the overlay has nothing to say of.</returns>
    public bool TryFind(ulong id, out string? path, out Node? block)
    {
        lock (_gate)
        {
            bool found = _byId.TryGetValue(id, out Entry? entry);
            (path, block) = (entry?.Paths.LastOrDefault(), entry?.Block);
            return found;
        }
    }

    /// <summary>A file is open: what fstat(2) asks of a file without a name is asked by id alone, and only an open file can tell.</summary>
    public void Opened(ulong id, OverlayFile file)
    {
        lock (_gate)
        {
            EntryOf(id).Open.Add(file);
        }
    }

    /// <summary>Before the file is disposed of.</summary>
    public void Closed(ulong id, OverlayFile file)
    {
        lock (_gate)
        {
            if (_byId.TryGetValue(id, out Entry? entry))
            {
                entry.Open.Remove(file);
                RemoveIfForgotten(id, entry);
            }
        }
    }

    /// <summary>Any open file of the node. It may be disposed of at any time: then ask again.</summary>
    public OverlayFile? FindOpen(ulong id)
    {
        lock (_gate)
        {
            return _byId.TryGetValue(id, out Entry? entry) ? entry.Open.LastOrDefault() : null;
        }
    }

    public void Forget(ulong id, ulong lookups)
    {
        lock (_gate)
        {
            if (_byId.TryGetValue(id, out Entry? entry))
            {
                entry.Lookups -= Math.Min(entry.Lookups, lookups);
                RemoveIfForgotten(id, entry);
            }
        }
    }

    /// <summary>A name was removed or replaced.</summary>
    /// <param name="inode">Of the upper file that had it.</param>
    /// <param name="path">The name.</param>
    /// <param name="last">The file has no other name: its inode number may be given to another file.</param>
    public void Removed(ulong inode, string path, bool last)
    {
        lock (_gate)
        {
            if (_byId.TryGetValue(IdOfLocked(inode), out Entry? entry))
            {
                entry.Paths.Remove(path);
                entry.IsGone |= last;
            }

            if (last)
            {
                _given.Remove(inode);
            }
        }
    }

    /// <summary>A file or folder has another path now, and so has all that is in it.</summary>
    public void Renamed(string from, string to)
    {
        lock (_gate)
        {
            foreach (Entry entry in _byId.Values)
            {
                for (int i = 0; i < entry.Paths.Count; i++)
                {
                    string path = entry.Paths[i];
                    entry.Paths[i] = path == from ? to
                        : path.StartsWith(from + "/", StringComparison.Ordinal) ? to + path[from.Length..]
                        : path;
                }
            }
        }
    }

    /// <summary>
    /// A finished temporary file was renamed onto a block's name; until the kernel has dropped the name it has for it, its id means the block.
    /// </summary>
    public void BecameBlock(ulong inode, Node block)
    {
        lock (_gate)
        {
            if (_byId.TryGetValue(IdOfLocked(inode), out Entry? entry))
            {
                entry.Paths.Clear();
                entry.Block = block;
                entry.IsGone = true;
            }

            _given.Remove(inode);
        }
    }

    /// <summary>The dataset's ids that copies of its files have, wherever they are now.</summary>
    public IReadOnlyList<ulong> Borrowed()
    {
        lock (_gate)
        {
            return [.. _given.Values.Concat(_byId.Keys).Where(id => !NodeIds.IsTableNode(id)).Distinct()];
        }
    }

    /// <summary>The dataset's own file is to show again under its id: copies of it have their own ids from now on.</summary>
    /// <returns>The names under which the kernel knows them by this id.</returns>
    public IReadOnlyList<string> TakeBack(ulong id)
    {
        lock (_gate)
        {
            foreach (ulong inode in _given.Where(g => g.Value == id).Select(g => g.Key).ToArray())
            {
                _given.Remove(inode);
            }

            return _byId.Remove(id, out Entry? entry) ? entry.Paths : [];
        }
    }

    private ulong IdOfLocked(ulong inode) => _given.TryGetValue(inode, out ulong id) ? id : NodeIds.FirstTableNode | (inode & InodeMask);

    private void RemoveIfForgotten(ulong id, Entry entry)
    {
        if (entry.Lookups == 0 && !entry.Stays && entry.Open.Count == 0)
        {
            _byId.Remove(id);
        }
    }

    private Entry EntryOf(ulong id)
    {
        if (!_byId.TryGetValue(id, out Entry? entry))
        {
            _byId[id] = entry = new Entry();
        }

        return entry;
    }

    private sealed class Entry
    {
        /// <summary>The names that the kernel knows, the newest last; several are hard links.</summary>
        public List<string> Paths { get; } = [];

        public List<OverlayFile> Open { get; } = [];
        public Node? Block { get; set; }
        public ulong Lookups { get; set; }
        public bool Stays { get; set; }

        /// <summary>The file is no more; its id only means something to who has it open, until the kernel forgets it.</summary>
        public bool IsGone { get; set; }

        public void Add(string path)
        {
            Paths.Remove(path);
            Paths.Add(path);
        }
    }
}

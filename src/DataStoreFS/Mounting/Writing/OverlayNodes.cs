using DataStoreFS.Tree;

namespace DataStoreFS.Mounting.Writing;

/// <summary>
/// The ids of files that only the overlay has, and where they are. An id is the upper file system's inode number in the range of table nodes, so
/// hard links share it, a rename keeps it, and it is the same after a remount.
/// </summary>
/// <remarks>An entry lives from the kernel's first lookup to its last forget. The lock is a leaf.</remarks>
internal sealed class OverlayNodes
{
    private const ulong InodeMask = (1UL << 61) - 1;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Entry> _byId = [];
    private readonly Dictionary<ulong, ulong> _copiedUp = []; // upper inode -> id of the dataset's node that it is the copy of

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
            return _copiedUp.TryGetValue(inode, out ulong id) ? id : TableId(inode);
        }
    }

    /// <summary>The kernel is about to learn of an upper file: one lookup more.</summary>
    public ulong Enter(ulong inode, string path)
    {
        lock (_gate)
        {
            if (_copiedUp.TryGetValue(inode, out ulong copied))
            {
                return copied;
            }

            ulong id = TableId(inode);
            if (!_byId.TryGetValue(id, out Entry? entry))
            {
                _byId[id] = entry = new Entry();
            }

            entry.Path = path;
            entry.Block = null;
            entry.Lookups++;
            return id;
        }
    }

    /// <summary>A file of the dataset was copied up while the kernel has it open: it keeps its id, so that both see one file.</summary>
    public void CopiedUp(ulong id, ulong inode)
    {
        lock (_gate)
        {
            _copiedUp[inode] = id;
        }
    }

    /// <param name="id">In the range of table nodes.</param>
    /// <param name="path">Where it is; null when its last name is gone.</param>
    /// <param name="block">The block that it has become by a rename, until the kernel has noticed.</param>
    public bool TryFind(ulong id, out string? path, out Node? block)
    {
        lock (_gate)
        {
            bool found = _byId.TryGetValue(id, out Entry? entry);
            (path, block) = (entry?.Path, entry?.Block);
            return found;
        }
    }

    public void Forget(ulong id, ulong lookups)
    {
        lock (_gate)
        {
            if (_byId.TryGetValue(id, out Entry? entry))
            {
                entry.Lookups -= Math.Min(entry.Lookups, lookups);
                if (entry.Lookups == 0)
                {
                    _byId.Remove(id);
                }
            }
        }
    }

    /// <summary>A name was removed or replaced.</summary>
    /// <param name="inode">Of the upper file that had it.</param>
    /// <param name="path">The name.</param>
    public void Removed(ulong inode, string path)
    {
        lock (_gate)
        {
            _copiedUp.Remove(inode);
            if (_byId.TryGetValue(TableId(inode), out Entry? entry) && entry.Path == path)
            {
                entry.Path = null;
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
                if (entry.Path == from)
                {
                    entry.Path = to;
                }
                else if (entry.Path is { } path && path.StartsWith(from + "/", StringComparison.Ordinal))
                {
                    entry.Path = to + path[from.Length..];
                }
            }
        }
    }

    /// <summary>A finished temporary file was renamed onto a block's name; until the kernel has dropped the name it has for it, its id means the block.</summary>
    public void BecameBlock(ulong inode, Node block)
    {
        lock (_gate)
        {
            if (_byId.TryGetValue(TableId(inode), out Entry? entry))
            {
                entry.Path = null;
                entry.Block = block;
            }
        }
    }

    private static ulong TableId(ulong inode) => NodeIds.FirstTableNode | (inode & InodeMask);

    private sealed class Entry
    {
        public string? Path { get; set; }
        public Node? Block { get; set; }
        public ulong Lookups { get; set; }
    }
}

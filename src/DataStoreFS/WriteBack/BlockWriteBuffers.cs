using DataStoreFS.Model;

namespace DataStoreFS.WriteBack;

/// <summary>The block files that are open for writing: one buffer a node, however many handles.</summary>
/// <remarks>
/// Contract. <see cref="Open"/> counts a handle, <see cref="Close"/> takes it back; the last one disposes the buffer, so a caller that must not lose
/// unsent bytes (a shared mapping writes after close) flushes first. <see cref="TryFind"/> lends without counting: a buffer that dies meanwhile
/// says that it has no content, and the reader goes on to the store. The lock is a leaf.
/// </remarks>
public sealed class BlockWriteBuffers
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BlockKey, BlockWriteBuffer> _byKey = [];
    private readonly Dictionary<BlockWriteBuffer, Handles> _open = [];
    private int _count; // of _byKey: the readers' short way out

    /// <summary>Nodes that are open for writing and still have their name.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// The node's buffer, with one handle more. <paramref name="fresh"/> becomes it when the node is not open yet; otherwise it is disposed (a buffer
    /// holds no memory before its first write).
    /// </summary>
    /// <param name="key">Of the node.</param>
    /// <param name="fresh">Not used yet.</param>
    /// <param name="canWrite">The handle may change it.</param>
    public BlockWriteBuffer Open(in BlockKey key, BlockWriteBuffer fresh, bool canWrite = true)
    {
        BlockWriteBuffer? buffer;
        lock (_gate)
        {
            if (!_byKey.TryGetValue(key, out buffer))
            {
                buffer = fresh;
                _byKey.Add(key, buffer);
                _open.Add(buffer, new Handles(key));
                Volatile.Write(ref _count, _byKey.Count);
            }

            _open[buffer].Count++;
            _open[buffer].Writers += canWrite ? 1 : 0;
        }

        if (!ReferenceEquals(buffer, fresh))
        {
            fresh.Dispose();
        }

        return buffer;
    }

    /// <summary>The buffer of a node that is open for writing; not counted.</summary>
    public bool TryFind(in BlockKey key, out BlockWriteBuffer? buffer)
    {
        buffer = null;
        if (Volatile.Read(ref _count) == 0)
        {
            return false;
        }

        lock (_gate)
        {
            return _byKey.TryGetValue(key, out buffer);
        }
    }

    /// <summary>Whether the buffer has one handle that can write.</summary>
    public bool HasOneWriter(BlockWriteBuffer buffer)
    {
        lock (_gate)
        {
            return _open.TryGetValue(buffer, out Handles? handles) && handles.Writers == 1;
        }
    }

    /// <summary>One handle less; true when it was the last one and the buffer is gone.</summary>
    /// <param name="buffer">From <see cref="Open"/>.</param>
    /// <param name="canWrite">As it was told to <see cref="Open"/>.</param>
    public bool Close(BlockWriteBuffer buffer, bool canWrite = true)
    {
        lock (_gate)
        {
            Handles handles = _open[buffer];
            handles.Writers -= canWrite ? 1 : 0;
            if (--handles.Count > 0)
            {
                return false;
            }

            _open.Remove(buffer);
            RemoveName(handles.Key, buffer);
        }

        buffer.Dispose();
        return true;
    }

    /// <summary>The file's name is removed: its handles keep their bytes, a new open starts afresh, nothing of it is sent.</summary>
    public void Unlink(in BlockKey key)
    {
        BlockWriteBuffer? buffer;
        lock (_gate)
        {
            if (_byKey.TryGetValue(key, out buffer))
            {
                RemoveName(key, buffer);
            }
        }

        buffer?.Unlink();
    }

    private void RemoveName(in BlockKey key, BlockWriteBuffer buffer)
    {
        if (_byKey.TryGetValue(key, out BlockWriteBuffer? named) && ReferenceEquals(named, buffer))
        {
            _byKey.Remove(key);
            Volatile.Write(ref _count, _byKey.Count);
        }
    }

    private sealed class Handles(BlockKey key)
    {
        public BlockKey Key { get; } = key;
        public int Count { get; set; }
        public int Writers { get; set; }
    }
}

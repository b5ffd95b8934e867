using System.Collections.Concurrent;
using DataStoreFS.Overlay;

namespace DataStoreFS.Mounting.Writing;

/// <summary>
/// Folders of the dataset's tree that the overlay was found to have nothing of, so that their attributes are arithmetic. After every file that a
/// program makes, the kernel asks for its folder's attributes again (fs/fuse/dir.c fuse_create_open calls fuse_dir_changed), and the walk over the
/// overlay's disk that answers it costs a block more than its other small messages together.
/// </summary>
/// <remarks>
/// Thread-safe. Stands until the overlay changes through this mount, and no longer than attributes of the overlay do, since another mount may share
/// it.
/// </remarks>
internal sealed class UntouchedFolders(OverlayStore overlay, TimeProvider time)
{
    /// <summary>Of 100 bytes each; a walk over more begins anew.</summary>
    private const int Most = 4096;

    private readonly ConcurrentDictionary<ulong, (long Version, long Since)> _seen = new();

    public bool Contains(ulong id) =>
        !_seen.IsEmpty
        && _seen.TryGetValue(id, out (long Version, long Since) seen)
        && seen.Version == overlay.Version
        && time.GetElapsedTime(seen.Since) < OverlayAttributes.ValidFor;

    /// <param name="id">Of a folder of the dataset.</param>
    /// <param name="version">Of the overlay, read before it was asked.</param>
    public void Add(ulong id, long version)
    {
        if (_seen.Count >= Most)
        {
            _seen.Clear();
        }

        _seen[id] = (version, time.GetTimestamp());
    }
}

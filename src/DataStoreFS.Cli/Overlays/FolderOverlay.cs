using DataStoreFS.Model;
using DataStoreFS.Overlay;

namespace DataStoreFS.Cli.Overlays;

/// <summary>An overlay's folder while nothing is mounted, and so without the dataset that it belongs to.</summary>
internal sealed class FolderOverlay : IOverlay
{
    private readonly NoLowerTree _lower = new();
    private readonly OverlayStore _store;

    /// <exception cref="DataStoreException">Usage: it is no overlay's folder. Local: it cannot be used.</exception>
    public FolderOverlay(string folder)
    {
        if (!Directory.Exists(Path.Combine(folder, "upper")))
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, $"{folder} is no overlay folder; name what was given to 'mount --overlay'");
        }

        _store = OverlayStore.Open(folder, _lower);
    }

    public bool KnowsDataset => false;

    public Task<OverlayLines> ListAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken) =>
        Task.FromResult(new OverlayLines(_store.Folder, [.. Items(paths).Select(item => OverlayLine.Of(item, _lower))]));

    public Task<string> DiffAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken) =>
        throw new DataStoreException(
            DataStoreErrorKind.Usage, "differences can only be seen while the dataset is mounted; give the mount point instead of --overlay");

    public Task<int> DiscardAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        if (_store.IsShared)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Local,
                $"a mount is using {_store.Folder}; give its mount point instead of --overlay, so that programs hear of it");
        }

        int count = Items(paths).Count;
        foreach (string path in paths)
        {
            int error = _store.Discard(path);
            if (error is not (PosixErrno.None or PosixErrno.ENOENT))
            {
                throw new DataStoreException(
                    DataStoreErrorKind.Local, $"{(path.Length == 0 ? _store.Folder : path)} cannot be discarded: {(LinuxFuse.Errno)error}");
            }
        }

        return Task.FromResult(count);
    }

    public void Dispose() => _store.Dispose();

    private List<OverlayItem> Items(IReadOnlyList<string> paths)
    {
        List<OverlayItem> items = [.. paths.Count == 0 ? OverlayReport.Items(_store, _lower) : OverlayReport.Items(_store, _lower, paths)];
        string? nothing = paths.FirstOrDefault(path => path.Length > 0 && !items.Exists(item => OverlayReport.IsBelow(item.Path, path)));
        return nothing is null ? items : throw new DataStoreException(DataStoreErrorKind.Refused, $"the overlay has no change at {nothing}");
    }
}

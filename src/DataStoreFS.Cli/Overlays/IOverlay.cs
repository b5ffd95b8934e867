using DataStoreFS.Overlay;

namespace DataStoreFS.Cli.Overlays;

/// <summary>An overlay as the verbs see it. Paths are relative to the tree's top; no path means everything, except for discarding.</summary>
internal interface IOverlay : IDisposable
{
    /// <summary>Whether new files can be told from changed ones.</summary>
    bool KnowsDataset { get; }

    Task<OverlayLines> ListAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken);

    Task<string> DiffAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken);

    /// <param name="paths"><c>""</c>: everything.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>How many changes were dropped.</returns>
    Task<int> DiscardAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken);
}

using System.Globalization;
using DataStoreFS.Mounting.Control;
using DataStoreFS.Overlay;

namespace DataStoreFS.Cli.Overlays;

/// <summary>The overlay of a running mount: its daemon does the work, so that the kernel hears of it.</summary>
internal sealed class MountedOverlay(string mountPoint) : IOverlay
{
    public bool KnowsDataset => true;

    public async Task<OverlayLines> ListAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken) =>
        OverlayLines.Parse(await ControlClient.SendAsync(mountPoint, ControlCommand.OverlayList, paths, cancellationToken).ConfigureAwait(false));

    public Task<string> DiffAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken) =>
        ControlClient.SendAsync(mountPoint, ControlCommand.OverlayDiff, paths, cancellationToken);

    public async Task<int> DiscardAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken) =>
        int.Parse(
            await ControlClient.SendAsync(mountPoint, ControlCommand.OverlayDiscard, paths, cancellationToken).ConfigureAwait(false),
            CultureInfo.InvariantCulture);

    public void Dispose()
    {
    }
}

using DataStoreFS.Views;

namespace DataStoreFS.Tree;

/// <summary>The files of the N5 dialect: the patched export.xml, and attributes made from what is known of the volume.</summary>
public sealed class VolumeFiles(N5View view, ReadOnlyMemory<byte> exportXml) : IVolumeFiles
{
    public ReadOnlyMemory<byte> ContentOf(in Node node) => node.Kind switch
    {
        NodeKind.ExportXml => exportXml,
        NodeKind.ContainerAttributes => view.Root,
        NodeKind.SetupAttributes => view.Setup(node.Setup),
        NodeKind.TimepointAttributes => view.Timepoint,
        NodeKind.LevelAttributes => view.Level(node.Setup, node.Level),
        _ => throw new ArgumentOutOfRangeException(nameof(node), node.Kind, "neither export.xml nor attributes"),
    };
}

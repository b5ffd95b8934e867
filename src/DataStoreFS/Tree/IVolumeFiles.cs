namespace DataStoreFS.Tree;

/// <summary>The contents of a volume's files that are not blocks: export.xml and every attributes.json. The same bytes each time.</summary>
public interface IVolumeFiles
{
    ReadOnlyMemory<byte> ContentOf(in Node node);
}

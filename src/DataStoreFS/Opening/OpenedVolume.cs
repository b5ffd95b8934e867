using DataStoreFS.Model;

namespace DataStoreFS.Opening;

/// <summary>Everything about a source that is known before its first voxel is read.</summary>
/// <param name="Info">Geometry and addresses.</param>
/// <param name="ExportXml">The bytes of the tree's <c>export.xml</c>.</param>
/// <param name="Dataset">The server's own description, checked.</param>
public sealed record OpenedVolume(VolumeInfo Info, ReadOnlyMemory<byte> ExportXml, DatasetDescription Dataset);

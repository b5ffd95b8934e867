using DataStoreFS.Model;

namespace DataStoreFS.Views;

/// <summary>One <c>ViewSetup</c> of a BigDataViewer XML. Ids that the XML leaves out are 0, as BigDataViewer reads it.</summary>
/// <param name="Id">S in <c>setupS</c>.</param>
/// <param name="Name">As written; <c>setupS</c> when there is none.</param>
/// <param name="Size">Full-resolution voxels; null when the XML does not say.</param>
/// <param name="Channel">Channel id.</param>
/// <param name="Angle">Angle id.</param>
/// <param name="Tile">Tile id.</param>
/// <param name="Illumination">Illumination id.</param>
/// <param name="Version">The server's own attribute: a version number, -1 for <c>mixedLatest</c>; null when it is not there.</param>
public sealed record BdvSetup(int Id, string Name, Size3? Size, int Channel, int Angle, int Tile, int Illumination, int? Version);

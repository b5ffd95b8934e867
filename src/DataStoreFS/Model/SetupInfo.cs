namespace DataStoreFS.Model;

/// <summary>
/// One ViewSetup as the mounted tree shows it. The server addresses it by channel and angle id (and, in a tree of all versions, by version).
/// </summary>
public sealed class SetupInfo
{
    /// <summary>Position in <see cref="VolumeInfo.Setups"/>.</summary>
    public required int Index { get; init; }

    /// <summary>S in the path's <c>setupS</c>.</summary>
    public required int Id { get; init; }

    public required string Name { get; init; }
    public required int ChannelId { get; init; }
    public required int AngleId { get; init; }

    /// <summary>
    /// What goes into block URLs: a number that the dataset's JSON lists, or <c>mixedLatest</c>. Never <c>latest</c>, never a guess.
    /// </summary>
    public required string Version { get; init; }

    public required IReadOnlyList<LevelInfo> Levels { get; init; }

    /// <summary>
    /// False for a further tile or illumination of a (channel, angle): the protocol cannot address it, so its blocks are shown as missing
    /// instead of as another setup's voxels.
    /// </summary>
    public bool Addressable { get; init; } = true;
}

namespace DataStoreFS.Model;

/// <summary>
/// The name of one block in this process. Setup, timepoint and level are <em>indexes</em> into the volume's lists, not ids, so that keys are
/// dense (node ids are computed from them); x, y, z are the grid position.
/// </summary>
/// <param name="Volume">Which mounted (dataset, version); a process gives them out from 0, see <see cref="VolumeInfo.Volume"/>.</param>
/// <param name="Setup">Index into <see cref="VolumeInfo.Setups"/>.</param>
/// <param name="Timepoint">Index into <see cref="VolumeInfo.TimepointIds"/>.</param>
/// <param name="Level">Index into <see cref="SetupInfo.Levels"/>.</param>
/// <param name="X">Grid position, x.</param>
/// <param name="Y">Grid position, y.</param>
/// <param name="Z">Grid position, z.</param>
public readonly record struct BlockKey(int Volume, int Setup, int Timepoint, int Level, int X, int Y, int Z)
{
    /// <summary>What can share one request to the server: everything but the grid position.</summary>
    public ImageKey Image => new(Volume, Setup, Timepoint, Level);
}

/// <summary>One image of a volume: a setup at a timepoint and a level. All its blocks live at one server URL.</summary>
public readonly record struct ImageKey(int Volume, int Setup, int Timepoint, int Level)
{
    public BlockKey At(int x, int y, int z) => new(Volume, Setup, Timepoint, Level, x, y, z);
}

using DataStoreFS.Remote;

namespace DataStoreFS.WriteBack;

/// <summary>
/// A block in the server's own terms. Unlike a <see cref="Model.BlockKey"/> it means the same in every process, so the journal keeps these.
/// </summary>
/// <param name="Image">Where its image lives; version is a number.</param>
/// <param name="X">Grid position.</param>
/// <param name="Y">Grid position.</param>
/// <param name="Z">Grid position.</param>
public readonly record struct BlockAddress(ImageAddress Image, int X, int Y, int Z)
{
    /// <summary>For messages and listings: one line.</summary>
    public override string ToString() =>
        $"dataset {Image.Uuid} version {Image.Version} level {Image.Resolution.X},{Image.Resolution.Y},{Image.Resolution.Z} " +
        $"timepoint {Image.Timepoint} channel {Image.Channel} angle {Image.Angle} block {X}/{Y}/{Z}";
}

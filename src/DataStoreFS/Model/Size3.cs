namespace DataStoreFS.Model;

/// <summary>Three counts in x, y, z order: voxels of an image or block, blocks of a grid, or down-scale factors.</summary>
public readonly record struct Size3(long X, long Y, long Z)
{
    /// <summary>The product; throws <see cref="OverflowException"/> rather than wrap, since sizes come from servers and files.</summary>
    public long Count => checked(X * Y * Z);

    public long this[int axis] => axis switch { 0 => X, 1 => Y, 2 => Z, _ => throw new ArgumentOutOfRangeException(nameof(axis)) };

    public static Size3 Min(Size3 a, Size3 b) => new(Math.Min(a.X, b.X), Math.Min(a.Y, b.Y), Math.Min(a.Z, b.Z));

    /// <summary>As people write image sizes: <c>700 x 660 x 113</c>.</summary>
    public override string ToString() => $"{X} x {Y} x {Z}";
}

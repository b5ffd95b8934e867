namespace DataStoreFS.Views;

/// <summary>What a dataset's XML says beyond its setups: where its voxels are, and how its views lie in space.</summary>
/// <param name="Format">The image loader's, such as <c>bdv.n5</c>; empty when there is none.</param>
/// <param name="BasePath">The folder that <paramref name="Container"/> is relative to; relative itself to the XML's own, unless absolute.</param>
/// <param name="Container">The N5 folder; null when the loader names none.</param>
/// <param name="VoxelSizes">By setup id; setups without one are left out.</param>
/// <param name="Registrations">By view; views without one are left out.</param>
/// <param name="MissingViews">Views that were never recorded.</param>
public sealed record BdvExport(
    string Format,
    string BasePath,
    string? Container,
    IReadOnlyDictionary<int, BdvVoxelSize> VoxelSizes,
    IReadOnlyDictionary<BdvView, IReadOnlyList<BdvTransform>> Registrations,
    IReadOnlySet<BdvView> MissingViews);

/// <summary>A setup at a timepoint, by their ids.</summary>
public readonly record struct BdvView(int Timepoint, int Setup);

/// <summary>Three positive, finite sizes.</summary>
public sealed record BdvVoxelSize(double X, double Y, double Z, string? Unit);

/// <summary>An affine transform of a view.</summary>
/// <param name="Name">Null when it has none.</param>
/// <param name="RowPacked">12 finite numbers, three rows of four.</param>
public sealed record BdvTransform(string? Name, IReadOnlyList<double> RowPacked);

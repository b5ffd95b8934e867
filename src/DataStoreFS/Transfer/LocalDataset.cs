using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Views;

namespace DataStoreFS.Transfer;

/// <summary>A local BigDataViewer N5 dataset whose XML and attributes agree with each other.</summary>
internal sealed record LocalDataset
{
    /// <summary>Absolute.</summary>
    public required string XmlPath { get; init; }

    /// <summary>The XML's text.</summary>
    public required string XmlText { get; init; }

    /// <summary>The N5 folder, absolute.</summary>
    public required string Container { get; init; }

    public required BdvXml Xml { get; init; }
    public required BdvExport Export { get; init; }
    public required VoxelType VoxelType { get; init; }

    /// <summary>Of every setup alike.</summary>
    public required IReadOnlyList<LevelInfo> Levels { get; init; }

    /// <summary>By timepoint, then setup, then level. Missing views have none.</summary>
    public required IReadOnlyList<LocalImage> Images { get; init; }

    public Size3 Dimensions => Levels[0].Dimensions;

    public static string ImageName(int setup, int timepoint, int level) => $"setup{setup}/timepoint{timepoint}/s{level}";
}

/// <summary>One setup at one timepoint and level, on disk.</summary>
/// <param name="Ordinal">Position in <see cref="LocalDataset.Images"/>.</param>
/// <param name="View">Ids as the XML has them.</param>
/// <param name="Level">Geometry.</param>
/// <param name="Folder">Holds the block files as <c>x/y/z</c>.</param>
/// <param name="Compression">Of the block files.</param>
internal sealed record LocalImage(int Ordinal, BdvView View, LevelInfo Level, string Folder, N5Compression Compression);

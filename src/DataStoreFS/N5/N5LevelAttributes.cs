using System.Text.Json;
using DataStoreFS.Model;

namespace DataStoreFS.N5;

/// <summary>The <c>attributes.json</c> of a level.</summary>
/// <param name="Dimensions">Voxels; every axis at least 1.</param>
/// <param name="BlockSize">Voxels; every axis at least 1, its bytes within <see cref="DatasetLimits.LargestBlock"/>.</param>
/// <param name="Type">Voxel type.</param>
/// <param name="Compression">Of the block files.</param>
/// <param name="Factors">Down-scale factors; null when the file does not say.</param>
public sealed record N5LevelAttributes(Size3 Dimensions, Size3 BlockSize, VoxelType Type, N5Compression Compression, Size3? Factors)
{
    /// <exception cref="DataStoreException">InvalidData: what is missing or cannot be. The caller knows the file's name.</exception>
    public static N5LevelAttributes Parse(ReadOnlyMemory<byte> file)
    {
        using JsonDocument document = N5Json.Open(file);
        JsonElement root = document.RootElement;
        Size3 dimensions = N5Json.Size(root, "dimensions");
        Size3 blockSize = N5Json.Size(root, "blockSize");
        VoxelType type = N5Json.DataType(root);
        DatasetLimits.RequireBlock(blockSize, type, DataStoreErrorKind.InvalidData);
        Size3? factors = root.TryGetProperty("downsamplingFactors", out _) ? N5Json.Size(root, "downsamplingFactors") : null;
        return new N5LevelAttributes(dimensions, blockSize, type, N5Compression.FromAttributes(root), factors);
    }
}

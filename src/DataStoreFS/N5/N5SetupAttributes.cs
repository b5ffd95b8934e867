using System.Text.Json;
using DataStoreFS.Model;

namespace DataStoreFS.N5;

/// <summary>The <c>attributes.json</c> of a setup.</summary>
/// <param name="Factors">Down-scale factors of each level.</param>
/// <param name="Type">Voxel type.</param>
public sealed record N5SetupAttributes(IReadOnlyList<Size3> Factors, VoxelType Type)
{
    /// <exception cref="DataStoreException">InvalidData: what is missing or cannot be. The caller knows the file's name.</exception>
    public static N5SetupAttributes Parse(ReadOnlyMemory<byte> file)
    {
        using JsonDocument document = N5Json.Open(file);
        JsonElement root = document.RootElement;
        if (!root.TryGetProperty("downsamplingFactors", out JsonElement levels) || levels.ValueKind != JsonValueKind.Array)
        {
            throw N5Fault.Invalid("the attributes have no downsamplingFactors");
        }

        if (levels.GetArrayLength() is 0 or > DatasetLimits.MostLevels)
        {
            throw N5Fault.Invalid($"the attributes have {levels.GetArrayLength()} levels; 1 to {DatasetLimits.MostLevels} can be");
        }

        Size3[] factors = [.. levels.EnumerateArray().Select(level => N5Json.Triple(level, "downsamplingFactors"))];
        return new N5SetupAttributes(factors, N5Json.DataType(root));
    }
}

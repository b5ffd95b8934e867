namespace DataStoreFS.Model;

/// <summary>What one voxel is. Names and widths are N5's <c>dataType</c>s; on the wire and in files every element is big-endian.</summary>
public enum VoxelType : byte
{
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
}

public static class VoxelTypes
{
    private static readonly string[] s_names = ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float32", "float64"];

    /// <summary>Bytes of one voxel: 1, 2, 4 or 8.</summary>
    public static int Bytes(this VoxelType type) => type switch
    {
        VoxelType.UInt8 or VoxelType.Int8 => 1,
        VoxelType.UInt16 or VoxelType.Int16 => 2,
        VoxelType.UInt32 or VoxelType.Int32 or VoxelType.Float32 => 4,
        _ => 8,
    };

    /// <summary>The name N5 and the server's answers use: lower case.</summary>
    public static string Name(this VoxelType type) => s_names[(int)type];

    /// <summary>Servers echo the type in the case in which it was once posted (<c>UINT8</c>), so case does not matter.</summary>
    public static bool TryParse(string? name, out VoxelType type)
    {
        int index = Array.FindIndex(s_names, n => n.Equals(name, StringComparison.OrdinalIgnoreCase));
        type = (VoxelType)Math.Max(index, 0);
        return index >= 0;
    }
}

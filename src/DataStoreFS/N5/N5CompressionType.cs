namespace DataStoreFS.N5;

/// <summary>
/// The compressions that the N5 library itself brings along. Others (blosc, zstd) live in separate libraries and are refused by name.
/// </summary>
public enum N5CompressionType
{
    Raw,
    Gzip,
    Lz4,
    Bzip2,
    Xz,
}

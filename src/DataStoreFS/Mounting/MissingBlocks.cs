namespace DataStoreFS.Mounting;

/// <summary>
/// What the tree says of a block that was never written. The protocol cannot tell whether a block exists except by sending it.
/// </summary>
public enum MissingBlocks
{
    /// <summary>Every block of the grid is a file; a missing one reads as zeros. Lookups and listings are arithmetic and cost no network.</summary>
    Zeros,

    /// <summary>A missing block is no file. A lookup is then a fetch, and listing a directory of blocks asks for each of them.</summary>
    Absent,
}

namespace DataStoreFS.Opening;

/// <summary>How a level's dimensions came out of the full size where a factor does not divide it.</summary>
internal enum Rounding
{
    /// <summary>No stored block has said.</summary>
    Unknown,

    /// <summary>floor(size / factor), at least 1: the server's own trees and BigDataViewer's up to 10.4.</summary>
    Down,

    /// <summary>ceil(size / factor): BigDataViewer's from 10.6 on.</summary>
    Up,
}

namespace DataStoreFS.N5;

/// <summary>What reading every block of an image came to.</summary>
/// <param name="Attributes">Of the image.</param>
/// <param name="Blocks">Block files that are there.</param>
/// <param name="Missing">Grid positions without a file.</param>
/// <param name="Dense">SHA-256, in lower-case hex, of the whole image as big-endian voxels, x fastest, missing blocks as zeros.</param>
public sealed record N5ImageSummary(N5LevelAttributes Attributes, int Blocks, int Missing, string Dense);

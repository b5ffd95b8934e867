using DataStoreFS.Model;

namespace DataStoreFS.Transfer;

/// <summary>What is to be uploaded, and as what.</summary>
public sealed record PushRequest
{
    /// <summary>The dataset's XML.</summary>
    public required string XmlPath { get; init; }

    /// <summary>A name for people, or null.</summary>
    public string? Label { get; init; }

    /// <summary>
    /// In which the server keeps the blocks: <c>raw</c>, <c>gzip</c>, <c>lz4</c>, <c>bzip2</c> or <c>xz</c>; null for the local one's.
    /// </summary>
    public string? Compression { get; init; }

    /// <summary>Makes another dataset even though this one was pushed to this server before.</summary>
    public bool Anew { get; init; }

    /// <summary>Where the progress of uploads is kept.</summary>
    public string StateFolder { get; init; } = StateFolders.Push();

    public TransferSettings Settings { get; init; } = new();
}

/// <summary>What an upload came to.</summary>
/// <param name="Source">The dataset on the server.</param>
/// <param name="Resumed">Whether it was made by an earlier run.</param>
/// <param name="Blocks">All of its blocks.</param>
/// <param name="Sent">Of these, those that this run sent.</param>
/// <param name="Bytes">Voxels that this run sent, unpacked.</param>
public sealed record PushResult(SourceAddress Source, bool Resumed, long Blocks, long Sent, long Bytes);

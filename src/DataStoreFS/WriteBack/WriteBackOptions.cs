using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.WriteBack;

/// <summary>When close() returns.</summary>
public enum WriteBackMode
{
    /// <summary>When the server has answered.</summary>
    Through,

    /// <summary>When the journal is durable; fsync() and unmounting wait for the server.</summary>
    Journal,
}

/// <summary>How blocks get to the server.</summary>
public sealed record WriteBackOptions
{
    /// <summary>The journal's folder, one per mount; see <see cref="Model.StateFolders"/>.</summary>
    public required string JournalFolder { get; init; }

    /// <summary>Whose writes the journal keeps: the client's server address.</summary>
    public required string Server { get; init; }

    public WriteBackMode Mode { get; init; } = WriteBackMode.Through;

    /// <summary>Bytes of journal and parked blocks on disk.</summary>
    public long JournalSize { get; init; } = 1L << 30;

    /// <summary>Blocks that wait for the server beyond this are in the journal only, and read back to be sent.</summary>
    public long MemoryBytes { get; init; } = 256L << 20;

    public UploadSettings Upload { get; init; } = new();
}

/// <summary>What the write side has to say about itself.</summary>
/// <param name="Mode">When close() returns.</param>
/// <param name="PendingBlocks">Blocks that the server does not have.</param>
/// <param name="PendingBytes">Their bytes.</param>
/// <param name="PostponedBlocks">Those of them that failed and wait for the next try.</param>
/// <param name="ParkedBlocks">Blocks that the server refused; see <see cref="WriteBackEngine.Parked"/>.</param>
/// <param name="ParkedFolder">Where they are.</param>
/// <param name="JournalBytes">On disk.</param>
/// <param name="JournalLimit">Where ENOSPC begins.</param>
/// <param name="SentBlocks">Since the mount began.</param>
/// <param name="DamagedFiles">Journal files with damage in their middle, found at the start.</param>
/// <param name="LastError">The last failure, one line; null when there was none.</param>
/// <param name="LastErrorTime">When.</param>
public sealed record WriteBackStatus(
    WriteBackMode Mode,
    int PendingBlocks,
    long PendingBytes,
    int PostponedBlocks,
    int ParkedBlocks,
    string ParkedFolder,
    long JournalBytes,
    long JournalLimit,
    long SentBlocks,
    int DamagedFiles,
    string? LastError,
    DateTimeOffset? LastErrorTime)
{
    /// <summary>Blocks that the server refused since the mount began; they are in <see cref="ParkedFolder"/>, as earlier mounts' are.</summary>
    public int RefusedBlocks { get; init; }
}

/// <summary>Hears of blocks that the server has taken, before their closers do.</summary>
public interface IWriteObserver
{
    /// <summary>The block as the server has it now: caches replace theirs by it (retaining it). Must not throw or block.</summary>
    void Written(in BlockKey key, BlockBuffer block);

    /// <summary>
    /// The server does not have what this mount has shown of the block since it was written, and will not get it: readers are to ask the server.
    /// The write side has forgotten it already. Must not throw or block.
    /// </summary>
    void Dropped(in BlockKey key);

    /// <summary>A block of a dataset or version that is not mounted here has changed: an earlier process wrote it. Must not throw.</summary>
    void WrittenElsewhere(string uuid);
}

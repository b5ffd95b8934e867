using DataStoreFS.N5;

namespace DataStoreFS.WriteBack;

/// <summary>One block that the server does not have yet. All fields are guarded by the lock of <see cref="PendingBlocks"/>.</summary>
internal sealed class PendingBlock(BlockAddress address)
{
    public BlockAddress Address { get; } = address;

    /// <summary>The version to send; older ones are superseded by it.</summary>
    public long Sequence { get; set; }

    /// <summary>Its bytes (the table's reference), or null when they are in the journal only.</summary>
    public BlockBuffer? Buffer { get; set; }

    public int Length { get; set; }

    public PendingState State { get; set; }

    /// <summary>When it was postponed last, as a count; 0: never. Who waits longest is tried first.</summary>
    public long Tried { get; set; }

    /// <summary>Who waits for the server to have at least a certain version.</summary>
    public List<(long Sequence, TaskCompletionSource Told)> Waiters { get; } = [];
}

internal enum PendingState
{
    /// <summary>In its image's queue.</summary>
    Ready,

    /// <summary>With a sender.</summary>
    Taken,

    /// <summary>The server could not be reached; kept in the journal until somebody asks again.</summary>
    Postponed,
}

/// <summary>What becomes of a version that was sent, unless there is a newer one by then.</summary>
internal enum PendingEnd
{
    Done,
    Postponed,
}

/// <summary>A version on its way. Disposing gives its reference back.</summary>
internal sealed record LentBlock(PendingBlock Block, long Sequence, BlockBuffer Buffer) : IDisposable
{
    public void Dispose() => Buffer.Release();
}

using DataStoreFS.Model;

namespace DataStoreFS.WriteBack;

/// <summary>
/// What must have happened before those who wait for a block are told. The block is the caller's and stays alive until the task ends.
/// A fault of these calls is told to the waiters instead.
/// </summary>
internal interface IUploadOutcome
{
    /// <summary>The server has it: publish it to the caches, complete it in the journal.</summary>
    Task AcceptedAsync(LentBlock block);

    /// <summary>The server refuses it for good: park it.</summary>
    Task RefusedAsync(LentBlock block, DataStoreException fault);

    /// <summary>The server cannot be asked now: make sure that it survives.</summary>
    Task PostponedAsync(LentBlock block, DataStoreException fault);

    /// <summary>A version that does survive, of a block whose newest one was given up; null when there is none.</summary>
    JournalEntry? KeptOf(BlockAddress address);
}

using System.Runtime.InteropServices;
using DataStoreFS.Model;

namespace DataStoreFS.Prefetch;

/// <summary>
/// What was asked for ahead and not used yet, by age: says what became of each guess, and bounds how many are open. An entry that is not used in
/// <see cref="PatienceMilliseconds"/> counts as wasted.
/// </summary>
internal sealed class PrefetchLedger(int capacity)
{
    // A viewer stays on a plane for minutes at most while a user looks at it; and the memory is bounded anyway.
    public const long PatienceMilliseconds = 120_000;

    private readonly Dictionary<BlockKey, Entry> _open = new(capacity);
    private readonly Queue<(BlockKey Key, long When)> _byAge = new(capacity);

    public int Count => _open.Count;

    public int Capacity { get; } = capacity;

    public bool IsFull => _open.Count >= Capacity;

    public bool Contains(in BlockKey key) => _open.ContainsKey(key);

    public void Add(in BlockKey key, PrefetchReason reason, Program program, long now)
    {
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_open, key, out bool known);
        if (!known)
        {
            entry = new Entry(reason, program, now);
            _byAge.Enqueue((key, now));
        }
    }

    /// <summary>A program asks for the block. True when it was asked for ahead.</summary>
    public bool TryUse(in BlockKey key, out PrefetchReason reason, out Program program)
    {
        bool found = _open.Remove(key, out Entry entry);
        reason = entry.Reason;
        program = entry.Program;
        return found;
    }

    /// <summary>Takes out the next entry that is wasted: too old, or, when more must be opened, the oldest that has had its chance.</summary>
    public bool TryWaste(long now, long patience, out BlockKey key, out PrefetchReason reason, out Program program)
    {
        while (_byAge.TryPeek(out (BlockKey Key, long When) oldest))
        {
            bool open = _open.TryGetValue(oldest.Key, out Entry entry) && entry.When == oldest.When;
            if (open && now - oldest.When < patience)
            {
                break;
            }

            _byAge.Dequeue();
            if (open)
            {
                _open.Remove(oldest.Key);
                (key, reason, program) = (oldest.Key, entry.Reason, entry.Program);
                return true;
            }
        }

        (key, reason, program) = (default, default, null!);
        return false;
    }

    private readonly record struct Entry(PrefetchReason Reason, Program Program, long When);
}

/// <summary>Why a block was asked for ahead; each reason earns its trust by itself.</summary>
internal enum PrefetchReason
{
    /// <summary>A walk goes on.</summary>
    Walk,

    /// <summary>The rest of a plane (or of a timepoint, or of another setup) whose first blocks were asked for.</summary>
    Rest,

    /// <summary>The step after that.</summary>
    Next,

    /// <summary>The gaps in a region that is being read in no order.</summary>
    Region,

    /// <summary>The finer blocks of coarse ones that have just been asked for.</summary>
    Finer,

    /// <summary>Nothing was asked for in a while: what could come.</summary>
    Idle,

    /// <summary>The neighbours of the first block that a program asks for.</summary>
    First,
}


namespace DataStoreFS.WriteBack;

/// <summary>A write that the journal keeps.</summary>
internal sealed class JournalEntry(BlockAddress address, long sequence, int fileLength)
{
    public BlockAddress Address { get; } = address;
    public long Sequence { get; } = sequence;
    public int FileLength { get; } = fileLength;

    /// <summary>Where it stands; null until it was written. Guarded by the index.</summary>
    public JournalSegment? Segment { get; set; }

    public long Offset { get; set; }

    public long RecordBytes => JournalRecord.PrefixBytes(Address) + FileLength;
}

/// <summary>Which writes are still needed and where they stand. The lock is a leaf.</summary>
internal sealed class JournalIndex
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, JournalEntry> _bySequence = [];
    private readonly Dictionary<BlockAddress, List<JournalEntry>> _byBlock = [];
    private readonly Dictionary<BlockAddress, HashSet<JournalEntry>> _unsettled = []; // taken, but a crash would bring them back

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _bySequence.Count;
            }
        }
    }

    /// <summary>From here on the block counts as journaled, though the record is still on its way to the disk.</summary>
    public void Add(JournalEntry entry)
    {
        lock (_gate)
        {
            _bySequence.Add(entry.Sequence, entry);
            if (!_byBlock.TryGetValue(entry.Address, out List<JournalEntry>? versions))
            {
                _byBlock[entry.Address] = versions = [];
            }

            versions.Add(entry);
        }
    }

    /// <summary>The record was written there (or moved there).</summary>
    public void Place(JournalEntry entry, JournalSegment segment, long offset)
    {
        lock (_gate)
        {
            Account(entry, -1);
            (entry.Segment, entry.Offset) = (segment, offset);
            Account(entry, +1);
        }
    }

    /// <summary>The versions up to this one are not needed any more.</summary>
    /// <param name="address">Which block.</param>
    /// <param name="sequence">The newest of them.</param>
    /// <param name="settled">Nothing has to be recorded, neither of these nor of versions that were taken before.</param>
    /// <returns>Those that were; their segments are told by <see cref="Forget"/> once the journal has taken note.</returns>
    public List<JournalEntry> TakeUpTo(in BlockAddress address, long sequence, out bool settled)
    {
        lock (_gate)
        {
            List<JournalEntry> taken = _byBlock.TryGetValue(address, out List<JournalEntry>? versions)
                ? versions.FindAll(e => e.Sequence <= sequence)
                : [];
            taken.ForEach(Remove);
            bool known = _unsettled.TryGetValue(address, out HashSet<JournalEntry>? unsettled);
            if (!known && taken.Count > 0)
            {
                _unsettled[address] = unsettled = [];
            }

            unsettled?.UnionWith(taken);
            settled = unsettled is null;
            return taken;
        }
    }

    /// <summary>That it is not needed any more is durable.</summary>
    public void Settle(JournalEntry entry)
    {
        lock (_gate)
        {
            if (_unsettled.TryGetValue(entry.Address, out HashSet<JournalEntry>? unsettled) && unsettled.Remove(entry) && unsettled.Count == 0)
            {
                _unsettled.Remove(entry.Address);
            }
        }
    }

    /// <summary>The record is not needed, or could not be written.</summary>
    public void Forget(JournalEntry entry)
    {
        lock (_gate)
        {
            Remove(entry);
            Account(entry, -1);
            entry.Segment = null;
        }
    }

    public bool Contains(long sequence)
    {
        lock (_gate)
        {
            return _bySequence.ContainsKey(sequence);
        }
    }

    public bool TryFind(long sequence, out JournalEntry? entry, out JournalSegment? segment, out long offset)
    {
        lock (_gate)
        {
            bool found = _bySequence.TryGetValue(sequence, out entry);
            (segment, offset) = (entry?.Segment, entry?.Offset ?? 0);
            return found && segment is not null;
        }
    }

    /// <summary>Null when no version of the block is needed.</summary>
    public JournalEntry? NewestOf(in BlockAddress address)
    {
        lock (_gate)
        {
            return _byBlock.TryGetValue(address, out List<JournalEntry>? versions) ? versions.MaxBy(e => e.Sequence) : null;
        }
    }

    public long LiveBytes(JournalSegment segment)
    {
        lock (_gate)
        {
            return segment.LiveBytes;
        }
    }

    public List<JournalEntry> EntriesOf(JournalSegment segment)
    {
        lock (_gate)
        {
            return [.. _bySequence.Values.Where(e => e.Segment == segment).OrderBy(e => e.Sequence)];
        }
    }

    /// <summary>The newest version of every block, oldest first.</summary>
    public List<JournalEntry> Newest()
    {
        lock (_gate)
        {
            return [.. _byBlock.Values.Select(versions => versions.MaxBy(e => e.Sequence)!).OrderBy(e => e.Sequence)];
        }
    }

    private void Remove(JournalEntry entry)
    {
        if (_bySequence.Remove(entry.Sequence) && _byBlock.TryGetValue(entry.Address, out List<JournalEntry>? versions))
        {
            versions.Remove(entry);
            if (versions.Count == 0)
            {
                _byBlock.Remove(entry.Address);
            }
        }
    }

    private static void Account(JournalEntry entry, int sign)
    {
        if (entry.Segment is { } segment)
        {
            segment.LiveBytes += sign * entry.RecordBytes;
        }
    }
}

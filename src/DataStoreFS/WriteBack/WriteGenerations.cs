namespace DataStoreFS.WriteBack;

/// <summary>
/// Which changes of a file a flush has seen, which the write side has accepted, and which were given up again; each change is a number.
/// </summary>
/// <remarks>Not thread-safe: it is a field of a type that has the lock.</remarks>
internal struct WriteGenerations
{
    private long _newest;
    private long _saved;
    private long _offered;
    private long _dropped; // before any was given up: 0, as the file before its first change

    /// <summary>Whether there is a change that the write side has not accepted.</summary>
    public readonly bool ChangedSinceSaved => _newest > _saved;

    /// <summary>Whether there is a change that no flush has looked at, whatever came of it.</summary>
    public readonly bool ChangedSinceOffered => _newest > Math.Max(_saved, _offered);

    /// <summary>Whether there is a change since the content was given up, or at all.</summary>
    public readonly bool ChangedSinceDropped => _newest > _dropped;

    public void Change() => _newest++;

    /// <summary>A flush looks at the newest change; returns its number.</summary>
    public long Offer() => _offered = _newest;

    /// <summary>The write side has accepted this change. Flushes may be answered in another order than they looked.</summary>
    public void Save(long generation) => _saved = Math.Max(_saved, generation);

    /// <summary>The content of the newest change is the store's again.</summary>
    public void Drop() => _dropped = _newest;
}

using DataStoreFS.Model;
using Microsoft.Extensions.Caching.Memory;

namespace DataStoreFS.Caching;

/// <summary>Blocks that the server has said it does not have. Entries expire; their number is bounded.</summary>
/// <remarks>
/// Two <see cref="MemoryCache"/>s take turns: entries go into the young one; when it is full it becomes the old one and what was old is forgotten.
/// That bounds the count in constant time. The cache's own size limit would refuse the newest entries, and its compaction scans the whole table.
/// Looking up does not allocate: a thread's probe object stands in for the key.
/// </remarks>
internal sealed class KnownMissing : IDisposable
{
    [ThreadStatic]
    private static Probe? s_probe;

    private readonly int _generation;
    private readonly Lock _gate = new();
    private volatile MemoryCache _young = Create();
    private volatile MemoryCache _old = Create();

    /// <param name="capacity">Entries at most.</param>
    public KnownMissing(int capacity = 1 << 16) => _generation = Math.Max(capacity / 2, 1);

    public int Count => _young.Count + _old.Count;

    public void Add(in BlockKey key, long fetched, TimeSpan life)
    {
        MemoryCache? forgotten = null;
        lock (_gate)
        {
            if (_young.Count >= _generation)
            {
                forgotten = _old;
                _old = _young;
                _young = Create();
            }
        }

        // Not disposed: a thread may be looking something up in it. It holds nothing but memory.
        forgotten?.Clear();
        using ICacheEntry entry = _young.CreateEntry(new Probe { Key = key });
        entry.Value = new Told(fetched);
        if (life < TimeSpan.MaxValue)
        {
            entry.AbsoluteExpirationRelativeToNow = life > TimeSpan.Zero ? life : TimeSpan.FromTicks(1);
        }
    }

    /// <param name="key">Inside its grid.</param>
    /// <param name="fetched">When the server said so.</param>
    public bool TryGet(in BlockKey key, out long fetched)
    {
        Probe probe = s_probe ??= new Probe();
        probe.Key = key;
        if (_young.TryGetValue(probe, out object? value) || _old.TryGetValue(probe, out value))
        {
            fetched = ((Told)value!).Fetched;
            return true;
        }

        fetched = 0;
        return false;
    }

    public void Remove(in BlockKey key)
    {
        Probe probe = s_probe ??= new Probe();
        probe.Key = key;
        _young.Remove(probe);
        _old.Remove(probe);
    }

    public void Clear()
    {
        _young.Clear();
        _old.Clear();
    }

    public void Dispose()
    {
        _young.Dispose();
        _old.Dispose();
    }

    private static MemoryCache Create() => new(new MemoryCacheOptions());

    private sealed class Probe : IEquatable<Probe>
    {
        public BlockKey Key { get; set; }

        public bool Equals(Probe? other) => other is not null && Key == other.Key;

        public override bool Equals(object? obj) => Equals(obj as Probe);

        public override int GetHashCode() => Key.GetHashCode();
    }

    private sealed record Told(long Fetched);
}

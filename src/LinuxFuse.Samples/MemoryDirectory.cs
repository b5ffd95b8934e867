namespace LinuxFuse.Samples;

/// <summary>Names in the order they were made. Each has a cookie that never changes and is never used again, so that a listing can continue
/// anywhere while others add and remove names.</summary>
internal sealed class MemoryDirectory(NodeId parent)
{
    /// <summary>1 and 2 are "." and "..".</summary>
    private const long FirstCookie = 3;

    private readonly Dictionary<string, Entry> _names = new(StringComparer.Ordinal);
    private readonly List<Entry> _order = [];
    private long _nextCookie = FirstCookie;

    public NodeId Parent { get; set; } = parent;

    public int Count => _names.Count;

    public MemoryNode? Find(string name) => _names.GetValueOrDefault(name)?.Node;

    public void Add(string name, MemoryNode node)
    {
        Entry entry = new(_nextCookie++, name, node);
        _names.Add(name, entry);
        _order.Add(entry);
    }

    public void Remove(string name)
    {
        _names.Remove(name, out Entry? entry);
        _order.RemoveAt(IndexAfter(entry!.Cookie - 1));
    }

    /// <summary>The entries that come after a cookie.</summary>
    public IEnumerable<Entry> After(long cookie)
    {
        for (int i = IndexAfter(cookie); i < _order.Count; i++)
            yield return _order[i];
    }

    private int IndexAfter(long cookie)
    {
        int low = 0;
        for (int high = _order.Count; low < high;)
        {
            int middle = (low + high) / 2;
            if (_order[middle].Cookie <= cookie)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    internal sealed record Entry(long Cookie, string Name, MemoryNode Node);
}

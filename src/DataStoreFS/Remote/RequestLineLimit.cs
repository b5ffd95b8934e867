namespace DataStoreFS.Remote;

/// <summary>How long a request line this server takes; learnt downwards.</summary>
internal sealed class RequestLineLimit(int bytes)
{
    private const int Least = 256;

    private int _bytes = Math.Max(bytes, Least);

    public int Bytes => Volatile.Read(ref _bytes);

    /// <summary>The server refused a line that was allowed under <paramref name="seen"/>.</summary>
    /// <returns>Whether a shorter one can be tried.</returns>
    public bool Shrink(int seen)
    {
        int shorter = Math.Max(seen / 2, Least);
        return Interlocked.CompareExchange(ref _bytes, shorter, seen) != seen || shorter < seen;
    }
}

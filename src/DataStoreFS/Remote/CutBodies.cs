namespace DataStoreFS.Remote;

/// <summary>
/// Which bodies this server may not take: those as long as one whose connection broke while it was sent. A server that will not have a body answers
/// and closes, and who is still sending sees a broken connection instead of the answer (413). So such a body is announced the next time
/// (<c>Expect: 100-continue</c>), and sent only when the server has not refused it.
/// </summary>
/// <remarks>
/// Not from the beginning: each announcement costs a round trip, and the second that the HTTP stack waits with servers that do not answer it, which
/// the original (Quarkus with servlets) does not.
/// </remarks>
internal sealed class CutBodies
{
    private const long None = long.MaxValue;

    private long _shortest = None;
    private volatile bool _isUseless;

    /// <summary>Whether a body of this length is to be announced.</summary>
    public bool IsDoubtful(long length) => length >= Volatile.Read(ref _shortest) && !_isUseless;

    /// <summary>The connection broke while it was sent.</summary>
    public void Cut(long length)
    {
        long shortest = Volatile.Read(ref _shortest);
        while (length < shortest)
        {
            long seen = Interlocked.CompareExchange(ref _shortest, length, shortest);
            if (seen == shortest)
            {
                return;
            }

            shortest = seen;
        }
    }

    /// <summary>The server has it: if shorter ones were cut, then not for their length.</summary>
    public void Taken(long length)
    {
        long shortest = Volatile.Read(ref _shortest);
        if (length >= shortest)
        {
            Interlocked.CompareExchange(ref _shortest, None, shortest);
        }
    }

    /// <summary>The server, or a proxy before it, refuses announcements as such (417).</summary>
    public void CannotBeAnnounced() => _isUseless = true;
}

namespace DataStoreFS.Server;

/// <summary>What the server has done since its start. Read without locks; each number is exact by itself.</summary>
public sealed class ServerCounters
{
    private long _requests;
    private long _blockRequests;
    private long _blocksRead;
    private long _blocksMissing;
    private long _blocksWritten;
    private long _bytesSent;

    /// <summary>HTTP requests that have arrived.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>GETs of blocks, however many blocks each asked for.</summary>
    public long BlockRequests => Interlocked.Read(ref _blockRequests);

    /// <summary>Blocks sent with voxels.</summary>
    public long BlocksRead => Interlocked.Read(ref _blocksRead);

    /// <summary>Blocks answered as missing.</summary>
    public long BlocksMissing => Interlocked.Read(ref _blocksMissing);

    public long BlocksWritten => Interlocked.Read(ref _blocksWritten);

    /// <summary>Bytes of answer bodies.</summary>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    internal void Request() => Interlocked.Increment(ref _requests);

    internal void Sent(long bytes) => Interlocked.Add(ref _bytesSent, bytes);

    internal void BlocksAnswered(int read, int missing)
    {
        Interlocked.Increment(ref _blockRequests);
        Interlocked.Add(ref _blocksRead, read);
        Interlocked.Add(ref _blocksMissing, missing);
    }

    internal void BlockWritten() => Interlocked.Increment(ref _blocksWritten);
}

namespace DataStoreFS.WriteBack;

/// <summary>How the uploader behaves.</summary>
public sealed record UploadSettings
{
    public BatchLimit Limit { get; init; } = BatchLimit.Default;

    /// <summary>
    /// Requests in flight. The real server serves one client faster than two (64 against 54 requests/s) but hides latency over a second
    /// connection; others scale further. While all are busy, what is closed meanwhile gathers into the next batch.
    /// </summary>
    public int Senders { get; init; } = 4;

    /// <summary>How long a block is tried before its closer is told that the server cannot be reached.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The first pause between tries; doubles up to <see cref="LongestPause"/>. The server asks for at least 100 ms.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often blocks that closers were told about are tried again in the background: doubling from 1 s to this.</summary>
    public TimeSpan LongestResume { get; init; } = TimeSpan.FromSeconds(30);
}

namespace DataStoreFS.WriteBack;

/// <summary>How the uploader behaves.</summary>
public sealed record UploadSettings
{
    public BatchLimit Limit { get; init; } = BatchLimit.Default;

    /// <summary>
    /// Requests in flight, for the first time or again. While all are busy, what is closed meanwhile gathers into the next batch. Measured with eight
    /// writers, against eight connections that POST one block each: 4, 6 and 8 reach 0.76, 0.88 and 0.95 of them at an RTT of 20 ms, and 0.93, 0.84
    /// and 0.70 on a server that imitates the original, where requests of one view hinder each other. Near a fast server it makes no difference.
    /// </summary>
    public int Senders { get; init; } = 6;

    /// <summary>How long a block is tried before its closer is told that the server cannot be reached.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The first pause between tries; doubles up to <see cref="LongestPause"/>. The server asks for at least 100 ms.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often blocks that closers were told about are tried again in the background: doubling from 1 s to this.</summary>
    public TimeSpan LongestResume { get; init; } = TimeSpan.FromSeconds(30);
}

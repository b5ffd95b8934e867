using DataStoreFS.Model;

namespace DataStoreFS.Remote;

/// <summary>How a <see cref="DataStoreClient"/> behaves. Immutable; the defaults suit the original server as it is delivered.</summary>
public sealed record RemoteOptions
{
    internal static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);

    /// <summary>How long a call may go without progress (a block, or 64 KiB of one), all of its retries included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a call is repeated after a connection error, an empty 500 or a 502, 503 or 504; 0 for never.</summary>
    public int Retries { get; init; } = 4;

    /// <summary>
    /// The pause before the first repetition; it doubles, with jitter, up to 2 s. The original server answers an empty 500 while a block file is
    /// being written, and it polls its file locks every 100 ms, so shorter pauses meet the same lock again.
    /// </summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>Sent as <c>Authorization: Bearer</c>, only to the scheme, host and port that the client was made for.</summary>
    public AccessToken? Token { get; init; }

    public string UserAgent { get; init; } = "datastorefs/0.1";

    /// <summary>
    /// Bytes of the longest request line (<c>GET … HTTP/1.1</c>) to begin with: the default of the original server (Quarkus
    /// <c>limits.max-initial-line-length</c>). Halved for the life of the client whenever a server answers 414 or 431.
    /// </summary>
    public int RequestLineLimit { get; init; } = 4096;

    /// <summary>
    /// Whether <c>http_proxy</c> and its kin in the environment are obeyed. Off: on clusters these variables point at a proxy for the outside
    /// world, which cannot reach a server of the same network, and the error it gives names neither.
    /// </summary>
    public bool UseSystemProxy { get; init; }

    internal void Check()
    {
        if (Timeout <= TimeSpan.Zero || Timeout > LongestTimeout)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, "the timeout must be more than zero and at most a day (1d)");
        }

        if (Retries is < 0 or > 100)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, $"{Retries} retries cannot be: use 0 to 100");
        }
    }
}

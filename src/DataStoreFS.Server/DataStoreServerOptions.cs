namespace DataStoreFS.Server;

/// <summary>What a <see cref="DataStoreServer"/> serves, where, and how it differs from its defaults.</summary>
public sealed class DataStoreServerOptions
{
    /// <summary>Holds the datasets as <c>UUID/VERSION/export.xml</c> and <c>UUID/VERSION/export.n5</c>. Must exist.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// Where to listen: <c>http://ADDRESS:PORT</c>, also <c>http://localhost:PORT</c> and <c>http://*:PORT</c>. Port 0 takes a free one.
    /// </summary>
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:9080"];

    /// <summary>Bytes of a request body before 413. The original's default is 10 MiB.</summary>
    public long MaxRequestBody { get; init; } = 10L << 20;

    /// <summary>Bytes of <c>METHOD PATH HTTP/1.1</c> before 414. The original's default is 4096.</summary>
    public int MaxRequestLine { get; init; } = 4096;

    /// <summary>
    /// Decoded bytes that one answer may hold in memory so that a block which cannot be decoded is still a status code. A larger answer is sent
    /// in windows of this size; a block that fails in a later window then ends the connection.
    /// </summary>
    public long MaxBufferedAnswer { get; init; } = 64L << 20;

    /// <summary>Which oddities of the original are reproduced although a sane server would not.</summary>
    public OriginalQuirks Quirks { get; init; } = OriginalQuirks.None;

    /// <summary>
    /// For benchmarks: requests cost what they cost the original (10 ms of handling, and file locks that a second request polls every 100 ms).
    /// </summary>
    public bool ImitateOriginal { get; init; }

    /// <summary>When set, requests must carry <c>Authorization: Bearer TOKEN</c> wherever the original checks it.</summary>
    public string? Token { get; init; }

    /// <summary>A second token that may read and must not write: its writes are 403.</summary>
    public string? ReadToken { get; init; }

    /// <summary>A file that gets one line <c>METHOD STATUS BYTES CONNECTION</c> per request, written at once.</summary>
    public string? AccessLog { get; init; }

    /// <summary>Block files reach the disk before their POST is answered. Off, a crash of the machine (not of the server) may lose them.</summary>
    public bool SyncWrites { get; init; }

    /// <summary>Receives one line for each thing a person who runs the server should know, such as a dataset that cannot be read.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>Scripted failures, for tests of clients.</summary>
    public Faults? Faults { get; init; }
}

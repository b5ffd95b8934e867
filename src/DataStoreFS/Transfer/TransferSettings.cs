using DataStoreFS.Model;

namespace DataStoreFS.Transfer;

/// <summary>How a transfer goes about it. Immutable.</summary>
public sealed record TransferSettings
{
    private const int MostConnections = 64;

    /// <summary>Requests at the same time. The original server slows down with many: 64, 72, 54, 52 requests/s at 1, 2, 4, 8 clients.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>Bytes of a request's blocks at most. A default server takes bodies up to 10 MiB; the Fiji client stops at this.</summary>
    public long BatchBytes { get; init; } = 8L << 20;

    /// <summary>Blocks of a request at most.</summary>
    public int BatchBlocks { get; init; } = 64;

    /// <summary>The first pause before a request is repeated; it doubles up to 10 s. The original server asks for at least 100 ms.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long one request is repeated before the transfer stops.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(2);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <exception cref="DataStoreException">Usage.</exception>
    internal void Check()
    {
        if (Connections is < 1 or > MostConnections)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, $"{Connections} connections cannot be: use 1 to {MostConnections}");
        }
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataStoreFS.Cli.Bench;

/// <summary>
/// All of a benchmark, to be posted: no address, user, token or path that others should not see. As JSON with these names in camel case.
/// </summary>
internal sealed record BenchReport
{
    public required BenchEnvironment Environment { get; init; }
    public required BenchData Data { get; init; }
    public required IReadOnlyList<BenchPhase> Phases { get; init; }

    /// <summary>What has to be known to read the figures; a sentence each.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, BenchReportContext.Default.BenchReport);
}

/// <param name="Images">The first and the last that were read, in the tree's own names.</param>
/// <param name="BlockSize">Voxels of a full block.</param>
/// <param name="BlockBytes">Of its file when it is not compressed.</param>
internal sealed record BenchData(string Images, string BlockSize, long BlockBytes);

/// <summary>One line of the table.</summary>
internal sealed record BenchPhase
{
    public required string Name { get; init; }
    public required int Threads { get; init; }

    /// <summary>Files that were there, and names that were not.</summary>
    public required int Files { get; init; }
    public required int Missing { get; init; }

    /// <summary>Of files; 0 where nothing is read.</summary>
    public required long Bytes { get; init; }
    public required double Seconds { get; init; }

    /// <summary>Of a file, or name.</summary>
    public required double P50Milliseconds { get; init; }
    public required double P95Milliseconds { get; init; }

    /// <summary>Blocks that the mount asked its server for meanwhile, ahead of the reader or not; null where it is not known.</summary>
    public long? ServerBlocks { get; init; }

    /// <summary>The HTTP requests that took; null where it is not known.</summary>
    public long? ServerRequests { get; init; }

    /// <summary>Megabytes (10^6 bytes) a second.</summary>
    public double MegabytesPerSecond => Seconds > 0 ? Math.Round(Bytes / Seconds / 1e6, 2) : 0;

    public double NamesPerSecond => Seconds > 0 ? Math.Round((Files + Missing) / Seconds, 1) : 0;

    /// <summary>Files that were in a cache already; null where it is not known.</summary>
    public long? Cached => ServerBlocks is long asked ? Math.Max(Files - asked, 0) : null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(BenchReport))]
internal sealed partial class BenchReportContext : JsonSerializerContext;

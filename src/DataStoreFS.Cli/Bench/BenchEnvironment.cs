using System.Reflection;
using System.Runtime.InteropServices;
using DataStoreFS.Cli.Trees;
using DataStoreFS.Mounting;

namespace DataStoreFS.Cli.Bench;

/// <summary>
/// Where a benchmark was run. Without host names, addresses and the sources of mounts, which may hold more than others should read.
/// </summary>
internal sealed record BenchEnvironment
{
    public required string Version { get; init; }
    public required DateTimeOffset Time { get; init; }
    public required string Kernel { get; init; }
    public required string Architecture { get; init; }
    public required int Cores { get; init; }

    /// <summary>Of the last minute, before the first file was read: above 0 others were at work.</summary>
    public required double Load { get; init; }

    /// <summary>Such as <c>fuse.datastorefs</c>.</summary>
    public required string FileSystem { get; init; }

    /// <summary>Such as <c>ro,nosuid,nodev,relatime</c>.</summary>
    public required string MountOptions { get; init; }

    /// <summary>What the mount says of itself; null when it is none of ours, or another user's.</summary>
    public BenchMount? Mount { get; init; }

    public static BenchEnvironment Of(MountedAt mount, MountStatus? status) => new()
    {
        Version = OwnVersion(),
        Time = DateTimeOffset.UtcNow,
        Kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        Architecture = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
        Cores = Environment.ProcessorCount,
        Load = double.TryParse(File.ReadAllText("/proc/loadavg").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture, out double load)
            ? load
            : -1,
        FileSystem = mount.Type,
        MountOptions = mount.Options,
        Mount = status is null ? null : BenchMount.Of(status),
    };

    // The commit behind the plus sign as people write commits.
    private static string OwnVersion()
    {
        string version = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "unknown";
        int commit = version.IndexOf('+', StringComparison.Ordinal) + 1;
        return commit > 0 && version.Length > commit + 8 ? version[..(commit + 8)] : version;
    }
}

/// <param name="Dataset">Its version: a number, <c>mixedLatest</c>, <c>all</c>.</param>
/// <param name="ReadWrite">Whether it can be written.</param>
/// <param name="Missing"><c>zeros</c> or <c>absent</c>.</param>
/// <param name="UptimeSeconds">Before the first file was read.</param>
/// <param name="CacheBudget">Bytes of memory for blocks.</param>
/// <param name="CacheBytes">Of which were taken then.</param>
/// <param name="DiskSize">Bytes of disk for blocks; null without.</param>
/// <param name="DiskBytes">Of which were taken then.</param>
internal sealed record BenchMount(
    string Dataset, bool ReadWrite, string Missing, double UptimeSeconds, long CacheBudget, long CacheBytes, long? DiskSize, long? DiskBytes)
{
    public static BenchMount Of(MountStatus status) => new(
        status.Version,
        status.ReadWrite,
        status.Missing,
        Math.Round(status.UptimeSeconds, 1),
        status.CacheBudget,
        status.CacheBytes,
        status.Disk?.Size,
        status.Disk?.Bytes);
}

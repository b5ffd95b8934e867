using DataStoreFS.Mounting;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Cli.Options;

/// <summary>What a command line has said so far: the mount's settings, and what only concerns this process.</summary>
internal sealed class MountDraft(MountSettings settings)
{
    public MountSettings Settings { get; set; } = settings;

    /// <summary>Where the log goes; null: stderr in the foreground, syslog in the background.</summary>
    public string? LogFile { get; set; }

    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    public bool Foreground { get; set; }

    /// <summary><c>ro</c> was said; it wins over <c>read-write</c> whatever the order, since it is the careful one.</summary>
    public bool ReadOnly { get; set; }
}

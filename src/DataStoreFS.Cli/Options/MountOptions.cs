using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.WriteBack;
using Microsoft.Extensions.Logging;
using static DataStoreFS.Cli.Options.OptionValues;

namespace DataStoreFS.Cli.Options;

/// <summary>The one table of mount options: both syntaxes, help, completion and the README's table come from it.</summary>
internal static class MountOptions
{
    private static readonly string[] s_prefetch = ["off", "auto"];
    private static readonly string[] s_missing = ["zeros", "absent"];

    public static IReadOnlyList<MountOption> All { get; } =
    [
        new("cache-size", "SIZE", "Memory for cached blocks (default: 1GiB or a quarter of RAM, whichever is less).",
            (s, v) => s with { CacheBytes = Quantities.ParseSize(v) }),
        new(
            "disk-cache",
            "DIR,SIZE",
            "Node-local folder that keeps blocks beyond memory and restarts, shared by all mounts that may write it; "
                + "in -o lists DIR:SIZE (default: none).",
            (s, v) => s with { DiskCache = DiskCache(v) }),
        new("prefetch", "off|auto|N", "Fetch ahead what programs will probably read, at most N blocks (default: auto).",
            (s, v) => s with { Prefetch = v }) { Choices = s_prefetch },
        new("missing", "zeros|absent", "A block that was never written reads as zeros, or is no file (default: zeros; absent with --read-write).",
            (s, v) => s with { Missing = Choice(v, ("zeros", MissingBlocks.Zeros), ("absent", MissingBlocks.Absent)) }) { Choices = s_missing },
        new("max-age", "TIME", "How long fetched data of a version that may change is good; 0 always asks, inf never (default: 10min).",
            (s, v) => s with { MaxAge = Quantities.ParseDuration(v) }),
        new("missing-age", "TIME", "How long a block is believed to be missing (default: 10s).",
            (s, v) => s with { MissingAge = Quantities.ParseDuration(v) }),
        new("timeout", "TIME", "How long one block is asked for, retries included, before the program gets an error (default: 60s).",
            (s, v) => s with { RequestTimeout = Quantities.ParseDuration(v) }),
        new("token-file", "FILE", Tokens.Help,
            (s, v) => s with { TokenFile = FullPath(v) }),
        new("datasets", "FILE", "For a whole server: datasets to list, one a line; others appear when they are named.",
            (s, v) => s with { DatasetsFile = FullPath(v) }),
        new("allow-other", "Let other users in (needs root, or user_allow_other in /etc/fuse.conf).", s => s with { AllowOther = true }),
        new("read-write", "Let programs write. Without it the mount is read-only, whatever mount(8) passes.", s => s with { ReadWrite = true }),
        new("ro", null, "Read-only; wins over read-write.", (d, _) => d.ReadOnly = true),
        new(
            "write-back",
            "through|journal",
            "Whether close() of a written block returns when the server has answered or when the journal is durable (default: through).",
            (s, v) => s with { WriteBack = Choice(v, ("through", WriteBackMode.Through), ("journal", WriteBackMode.Journal)) })
            {
                Choices = ["through", "journal"],
            },
        new("journal", "DIR", "Folder of the journal of unsent blocks (default: one per dataset and version in the state folder).",
            (s, v) => s with { JournalFolder = FullPath(v) }),
        new("journal-size", "SIZE", "Largest journal; when it is full, programs that write get 'no space left' (default: 1GiB).",
            (s, v) => s with { JournalBytes = Quantities.ParseSize(v) }),
        new(
            "drain-timeout",
            "TIME",
            "How long unmounting waits for the server to take what is written; the rest stays in the journal (default: 45s).",
            (s, v) => s with { DrainTimeout = Quantities.ParseDuration(v) }),
        new(
            "overlay",
            "auto|DIR",
            "Show a local folder on top, which takes what programs put beside the blocks; always there with read-write (auto: one per dataset).",
            (s, v) => v == "auto" ? s with { Overlay = true } : s with { OverlayFolder = FullPath(v) }) { Choices = ["auto"] },
        new("uid", "ID", "Owner that all files show (default: who mounts).", (s, v) => s with { Uid = Id(v) }),
        new("gid", "ID", "Group that all files show (default: that of who mounts).", (s, v) => s with { Gid = Id(v) }),
        new("umask", "OCTAL", "Permission bits that all files lack (default: 000).", (s, v) => s with { Umask = Octal(v) }),
        new("read-ahead", "SIZE", "The kernel's read-ahead window (default: 1MiB where setting it is permitted; 0 leaves it alone).",
            (s, v) => s with { ReadAheadKiB = checked((int)Math.Min(Quantities.ParseSize(v) / 1024, int.MaxValue)) }),
        new("fsname", "TEXT", "First column of the mount table (default: the source's address).", (s, v) => s with { FsName = v }),
        new("trace-fuse", "FILE", "Write one line per kernel request and reply to FILE.", (s, v) => s with { TraceFuseFile = FullPath(v) }),
        new("log", "FILE", "Append the log to FILE (default: stderr with -f, otherwise syslog).", (d, v) => d.LogFile = FullPath(v)),
        new("verbose", null, "Log more, and the whole story of every fault.", (d, _) => d.LogLevel = LogLevel.Debug),
        new("quiet", null, "Log only what went wrong.", (d, _) => d.LogLevel = LogLevel.Warning),
        new("foreground", null, "Stay in the foreground until unmounted or interrupted.", (d, _) => d.Foreground = true),
    ];

    /// <summary>The option of this name, or null. Case matters; <c>_</c> was already turned into <c>-</c>.</summary>
    public static MountOption? Find(string name) => All.FirstOrDefault(o => o.Name == name);

    /// <summary>Applies an <c>-o</c> list.</summary>
    /// <exception cref="DataStoreException">Usage: an option nobody knows, a value that cannot be, a value where none belongs or none where one
    /// does.</exception>
    public static void ApplyList(MountDraft draft, string list)
    {
        foreach ((string name, string? value) in OptionList.Split(list))
        {
            MountOption? option = Find(name);
            if (option is not null)
            {
                Apply(draft, option, value, $"-o {name}");
            }
            else if (!OptionList.IsForMountPrograms(name))
            {
                string hint = Spelling.Closest(name, All.Select(o => o.Name)) is string close
                    ? $"; did you mean {close}?"
                    : "; 'datastorefs mount --help' lists them";
                throw new DataStoreException(DataStoreErrorKind.Usage, $"unknown mount option '{name}'{hint}");
            }
        }
    }

    /// <param name="draft">Changed.</param>
    /// <param name="option">From the table.</param>
    /// <param name="value">Null when none was given.</param>
    /// <param name="spelling">As the user wrote the option, for the message.</param>
    public static void Apply(MountDraft draft, MountOption option, string? value, string spelling)
    {
        if (option.Value is null != value is null)
        {
            string what = option.Value is null ? "takes no value" : $"needs a value: {option.Name}={option.Value}";
            throw new DataStoreException(DataStoreErrorKind.Usage, $"{spelling} {what}");
        }

        try
        {
            option.Apply(draft, value ?? "");
        }
        catch (DataStoreException e) when (e.Kind == DataStoreErrorKind.Usage)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, $"{spelling}: {e.Message}", e);
        }
    }
}

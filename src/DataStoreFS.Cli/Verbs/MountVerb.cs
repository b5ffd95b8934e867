using System.CommandLine;
using System.Globalization;
using DataStoreFS.Cli.Daemon;
using DataStoreFS.Cli.Options;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Cli.Verbs;

/// <summary><c>datastorefs mount SOURCE MOUNTPOINT</c>.</summary>
internal static class MountVerb
{
    private const string DescriptorPrefix = "/dev/fd/";

    /// <param name="args">The whole command line, for starting it again in the background.</param>
    public static Command Create(IReadOnlyList<string> args)
    {
        var source = new Argument<string>("SOURCE")
        {
            Description = "http(s)://HOST:PORT/datasets/UUID[/VERSION], or the /bdv/UUID/VERSION address you already have.",
        };
        var mountPoint = new Argument<string>("MOUNTPOINT")
        {
            Description = "An existing, empty directory, or /dev/fd/N for a FUSE descriptor that is mounted already.",
        };
        var options = new MountOptionSet();
        var verb = new Verb("mount", "Show a remote dataset as a local tree. Returns when the tree is readable.")
        {
            Examples =
            [
                ("datastorefs mount http://server:9080/datasets/UUID ~/data", "The newest data, read-only"),
                ("datastorefs mount http://server:9080/datasets/UUID/0 ~/data --cache-size 4GiB", "Version 0, with more memory"),
                ("datastorefs mount http://server:9080/datasets/UUID/new ~/data --read-write", "Make a version, say its number, and write into it"),
                ("datastorefs mount http://server:9080/datasets/UUID ~/data -o missing=absent,max-age=0", "Options as fstab spells them"),
            ],
        };
        verb.Add(source);
        verb.Add(mountPoint);
        options.AddTo(verb);
        verb.SetAction((parsed, _) => RunAsync(Read(parsed.GetRequiredValue(source), parsed.GetRequiredValue(mountPoint), options, parsed), args));
        return verb;
    }

    private static MountDraft Read(string source, string mountPoint, MountOptionSet options, ParseResult parsed)
    {
        var draft = new MountDraft(new MountSettings
        {
            Source = SourceAddress.Parse(source),
            MountPoint = mountPoint.StartsWith(DescriptorPrefix, StringComparison.Ordinal) ? mountPoint : OptionValues.FullPath(mountPoint),
        });
        options.Apply(parsed, draft);
        if (draft.ReadOnly)
        {
            draft.Settings = draft.Settings with { ReadWrite = false };
        }

        // Where "ro" was said, a line of fstab may go on saying how it would be written.
        if (!draft.Settings.ReadWrite && !draft.ReadOnly && draft.Settings.WriteBack == WriteBackMode.Journal)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Usage, "write-back=journal is for a mount that is written to; add --read-write, or leave it out");
        }

        if (draft.Settings.TokenFile is null)
        {
            draft.Settings = draft.Settings with { Token = Tokens.Find(null) };
        }

        draft.Settings.Validate();
        if (draft.LogFile?.StartsWith(draft.Settings.MountPoint + "/", StringComparison.Ordinal) == true)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Usage,
                $"the log file {draft.LogFile} lies below the mount point, where the daemon would wait for itself; choose another place");
        }

        return draft;
    }

    private static async Task<int> RunAsync(MountDraft draft, IReadOnlyList<string> args)
    {
        using var stop = new StopSignals();
        BackgroundChild? child = BackgroundChild.TryAdopt();
        if (child is null && draft.Settings.DiskCache is { } cache && DiskRoom.Warning(cache) is string warning)
        {
            Console.Error.WriteLine($"datastorefs: {warning}");
        }

        if (draft.Foreground || child is not null)
        {
            return await MountSession.RunAsync(draft, child, stop.Token).ConfigureAwait(false);
        }

        string mountPoint = draft.Settings.MountPoint;
        string? news = await Background.StartAsync(args, KeepDescriptor(mountPoint), stop.Token).ConfigureAwait(false);
        if (news is not null)
        {
            Console.WriteLine(news);
        }

        if (!Console.IsOutputRedirected)
        {
            Console.WriteLine($"{mountPoint} is ready; open {mountPoint}/export.xml, unmount with: datastorefs umount {mountPoint}");
        }

        return 0;
    }

    private static int KeepDescriptor(string mountPoint) =>
        mountPoint.StartsWith(DescriptorPrefix, StringComparison.Ordinal)
            && int.TryParse(mountPoint.AsSpan(DescriptorPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int fd)
            ? fd
            : -1;
}

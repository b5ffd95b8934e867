using System.CommandLine;
using DataStoreFS.Cli.Trees;

namespace DataStoreFS.Cli.Verbs;

/// <summary>The MOUNTPOINT of verbs that talk to a running mount; completes to those there are.</summary>
internal static class MountPointArgument
{
    public static Argument<string> Create()
    {
        var argument = new Argument<string>("MOUNTPOINT") { HelpName = "MOUNTPOINT", Description = "Where it is mounted." };
        argument.CompletionSources.Add(_ => Mounted());
        return argument;
    }

    /// <summary>Where something else may be given instead.</summary>
    public static Argument<string?> CreateOptional()
    {
        var argument = new Argument<string?>("MOUNTPOINT")
        {
            HelpName = "MOUNTPOINT",
            Description = "Where it is mounted.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        argument.CompletionSources.Add(_ => Mounted());
        return argument;
    }

    private static IEnumerable<string> Mounted() => MountedAt.Ours(File.ReadLines("/proc/self/mountinfo"));
}

using System.CommandLine;
using System.Text.RegularExpressions;

namespace DataStoreFS.Cli.Verbs;

/// <summary>The MOUNTPOINT of verbs that talk to a running mount; completes to those there are.</summary>
internal static partial class MountPointArgument
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

    // proc(5): 36 35 98:0 /root /mount/point options [optional fields] - fuse.datastorefs source super-options
    private static IEnumerable<string> Mounted() =>
        File.ReadLines("/proc/self/mountinfo").Select(l => Line().Match(l)).Where(m => m.Success).Select(m => m.Groups["path"].Value);

    [GeneratedRegex(@"^\S+ \S+ \S+ \S+ (?<path>\S+) .* - fuse\.datastorefs ", RegexOptions.ExplicitCapture)]
    private static partial Regex Line();
}

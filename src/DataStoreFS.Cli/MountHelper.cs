using DataStoreFS.Model;

namespace DataStoreFS.Cli;

/// <summary>
/// Being <c>/sbin/mount.datastorefs</c> or <c>/sbin/mount.fuse.datastorefs</c>: mount(8) runs its helpers as <c>NAME SOURCE DIR [-sfnv]
/// [-N namespace] [-o options] [-t type]</c>.
/// </summary>
internal static class MountHelper
{
    /// <summary>What mount(8) reports as "incorrect invocation".</summary>
    public const int UsageExitCode = 1;

    /// <summary>mount(8)'s "mount failure".</summary>
    public const int FailureExitCode = 32;

    /// <summary>Whether this process was started under one of the helper's names.</summary>
    /// <remarks>.NET gives the program's resolved path as its name; what it was called by is only in /proc.</remarks>
    public static bool IsInvoked()
    {
        string name = File.ReadAllText("/proc/self/cmdline").Split('\0')[0];
        return Path.GetFileName(name) is "mount.datastorefs" or "mount.fuse.datastorefs";
    }

    /// <summary>The same as arguments of <c>datastorefs</c>; empty when mount(8) asked for a dry run (<c>-f</c>).</summary>
    /// <exception cref="DataStoreException">Usage.</exception>
    public static string[] Translate(IReadOnlyList<string> args)
    {
        var words = new List<string>();
        var options = new List<string>();
        bool dryRun = false;
        bool verbose = false;
        for (int i = 0; i < args.Count; i++)
        {
            string arg = args[i];
            if (arg is "-o" or "-t" or "-N")
            {
                if (++i == args.Count)
                {
                    throw Usage($"{arg} needs a value");
                }

                if (arg == "-o")
                {
                    options.AddRange("-o", args[i]);
                }
                else if (arg == "-N")
                {
                    throw Usage("mounting into another namespace (-N) is not supported; use nsenter");
                }
            }
            else if (arg.Length > 1 && arg[0] == '-')
            {
                // n: do not write mtab; v: verbose; f: everything but the mount itself; s: tolerate unknown options, which is not done all the same,
                // because a misspelt option that changes what programs read must not pass unnoticed.
                if (arg.AsSpan(1).ContainsAnyExcept("sfnv"))
                {
                    throw Usage($"unknown argument '{arg}'");
                }

                dryRun |= arg.Contains('f', StringComparison.Ordinal);
                verbose |= arg.Contains('v', StringComparison.Ordinal);
            }
            else
            {
                words.Add(arg);
            }
        }

        if (words.Count != 2)
        {
            throw Usage("expected SOURCE DIR [-sfnv] [-o options]");
        }

        return dryRun ? [] : ["mount", words[0], words[1], .. options, .. verbose ? ["--verbose"] : Array.Empty<string>()];
    }

    private static DataStoreException Usage(string why) => new(DataStoreErrorKind.Usage, why);
}

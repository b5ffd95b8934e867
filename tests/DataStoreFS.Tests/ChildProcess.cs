using System.Diagnostics;
using DataStoreFS.Tests.WriteBack;

namespace DataStoreFS.Tests;

/// <summary>
/// The test assembly as a program: what a test needs a process of its own for, to be killed or to live in a private mount namespace. The role is the
/// first argument.
/// </summary>
internal static class ChildProcess
{
    public static Task<int> Main(string[] arguments) => arguments switch
    {
        ["journal-writer", string folder, string seed] =>
            JournalCrashTests.WriteForEverAsync(folder, int.Parse(seed, System.Globalization.CultureInfo.InvariantCulture)),
        ["full-disk", string folder] => FullDiskTests.RunAsync(folder),
        _ => Task.FromResult(64), // EX_USAGE
    };

    /// <summary>Starts this assembly in a role.</summary>
    public static Process Start(params string[] arguments) => Start("dotnet", [typeof(ChildProcess).Assembly.Location, .. arguments]);

    public static Process Start(string program, IEnumerable<string> arguments) => Process.Start(
        new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;

    /// <summary>The command line of a role, for a shell that prepares something first.</summary>
    public static string CommandLine(string role) => $"dotnet '{typeof(ChildProcess).Assembly.Location}' {role}";
}

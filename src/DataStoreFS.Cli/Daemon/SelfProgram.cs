using System.Diagnostics;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Daemon;

/// <summary>How to start this same program again.</summary>
internal static class SelfProgram
{
    /// <exception cref="DataStoreException">/proc is not mounted.</exception>
    public static ProcessStartInfo Describe(IEnumerable<string> args)
    {
        string self = Environment.ProcessPath ?? throw new DataStoreException(DataStoreErrorKind.Local, "/proc does not say where this program is");
        var start = new ProcessStartInfo(self) { UseShellExecute = false };

        // Started as `dotnet DataStoreFS.Cli.dll` the process is dotnet itself; a published program is its own executable.
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
        {
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        }

        foreach (string arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        return start;
    }
}

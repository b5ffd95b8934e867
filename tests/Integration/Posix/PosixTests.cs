using System.Runtime.CompilerServices;
using Integration.Mounts;

namespace Integration.Posix;

/// <summary>The overlay's part of a mounted tree behaves as POSIX says, in a folder of its own and in one that the dataset has, too.</summary>
public sealed class PosixTests
{
    private const UnixFileMode Open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    [MountTheory]
    [InlineData("")]
    [InlineData("beside")]
    [InlineData("export.n5/setup0")]
    [InlineData("export.n5/setup0/timepoint3/s0/0/0")]
    public async Task FilesBesideTheBlocksAreFiles(string folder)
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.Small(), static _ => true, s => MountedDataset.Writable(s) with { AllowOther = true });
        string place = Path.Join(mounted.Root, folder);
        await Command.ShellAsync($"[ -d {place} ] || mkdir {place}");
        File.SetUnixFileMode(Path.GetDirectoryName(mounted.Root)!, Open);
        CommandResult result = await Command.RunAsync("python3", Script(), place);
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.Matches("^[1-9][0-9]+ cases, 0 failed\n$", result.Output);
    }

    private static string Script([CallerFilePath] string here = "") => Path.Join(Path.GetDirectoryName(here), "conformance.py");
}

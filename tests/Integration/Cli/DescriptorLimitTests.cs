using System.Globalization;
using DataStoreFS.Cli.Interop;
using Integration.Mounts;

namespace Integration.Cli;

public sealed class DescriptorLimitTests
{
    // Of this process, which keeps more than any test needs. Where it runs on the runtime, the soft limit is the hard one from the beginning.
    [Fact]
    public async Task TheSoftLimitIsRaisedToTheHardOne()
    {
        (long soft, long hard) = Limits();
        string process = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        await Command.RunCleanAsync("prlimit", "--pid", process, $"--nofile={Math.Min(soft, LibC.MostDescriptors) - 1}:");
        LibC.RaiseDescriptorLimit();
        Assert.Equal((Math.Min(hard, LibC.MostDescriptors), hard), Limits());
    }

    private static (long Soft, long Hard) Limits()
    {
        string line = File.ReadLines("/proc/self/limits").Single(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (Number(words[3]), Number(words[4]));
    }

    private static long Number(string word) => word == "unlimited" ? long.MaxValue : long.Parse(word, CultureInfo.InvariantCulture);
}

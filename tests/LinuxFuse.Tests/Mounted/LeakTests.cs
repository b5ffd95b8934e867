using System.Diagnostics;
using LinuxFuse.Samples;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Mounted;

/// <summary>What a mount leaves behind: nothing. Not in parallel with others, since it counts what the whole process has.</summary>
[Collection(nameof(LeakTests))]
[CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
public class LeakTests
{
    [FuseFact]
    public async Task AfterManyMountsNoDescriptorAndNoThreadIsLeft()
    {
        for (int i = 0; i < 20; i++)
        {
            await using TempMount mount = await TempMount.CreateAsync(new MemoryFileSystem(), TempMount.Options with { CloneDevice = i % 2 == 0 });
            await File.WriteAllTextAsync(mount["f"], "x");
            mount.Mount.Notifier.InvalidateEntry(NodeId.Root, "f"u8);
            await mount.Mount.Notifier.FlushAsync();
        }

        Assert.Empty(DescriptorsOfFuse());
        Assert.DoesNotContain(
            Directory.GetDirectories("/proc/self/task").Select(NameOfThread), name => name.StartsWith("fuse-", StringComparison.Ordinal));
    }

    [FuseFact]
    public async Task ChildProcessesDoNotInheritTheDevice()
    {
        foreach (MountMethod method in new[] { MountMethod.Direct, MountMethod.Helper })
        {
            await using TempMount mount = await TempMount.CreateAsync(new HelloFileSystem(), TempMount.Options with { Method = method });
            Assert.NotEmpty(DescriptorsOfFuse());
            using Process child = Process.Start(new ProcessStartInfo("ls", ["-l", "/proc/self/fd"]) { RedirectStandardOutput = true })!;
            Assert.DoesNotContain("fuse", await child.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
            Assert.Equal("hello, world\n", await File.ReadAllTextAsync(mount["hello"]));
        }
    }

    private static string[] DescriptorsOfFuse() =>
        [.. Directory.GetFiles("/proc/self/fd").Where(path => new FileInfo(path).LinkTarget is "/dev/fuse")];

    private static string NameOfThread(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm"));
        }
        catch (IOException)
        {
            // A thread that ended while we were looking.
            return "";
        }
    }
}

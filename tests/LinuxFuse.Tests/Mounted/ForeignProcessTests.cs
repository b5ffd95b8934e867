using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using LinuxFuse.Samples;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Mounted;

/// <summary>The sample program as its own process: as root, as root of a user namespace, and as nobody through fusermount3.</summary>
public class ForeignProcessTests
{
    private const int SigKill = 9;
    private const int SigTerm = 15;

    private static readonly string s_program = typeof(HelloFileSystem).Assembly.Location;

    [FuseFact]
    public async Task ADeadMountIsRecognisedAndTakenAway()
    {
        string path = TempMount.NewDirectory();
        using Process process = Start("dotnet", [s_program, "hello", path]);
        await WaitForLineAsync(process, "mounted hello");
        Assert.False(FuseMount.IsStale(path));
        Assert.Equal(0, Posix.Kill(process.Id, SigKill));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));

        Assert.True(FuseMount.IsStale(path));
        FuseException exception = await Assert.ThrowsAsync<FuseException>(() => FuseMount.MountAsync(path, new HelloFileSystem()));
        Assert.Equal(Errno.ENOTCONN, exception.Errno);
        await FuseMount.UnmountAsync(path);
        Assert.False(FuseMount.IsStale(path));
        Directory.Delete(path);
    }

    [FuseFact]
    public async Task ATermSignalUnmountsAndEndsTheSample()
    {
        string path = TempMount.NewDirectory();
        using Process process = Start("dotnet", [s_program, "memory", path]);
        await WaitForLineAsync(process, "mounted memory");
        await File.WriteAllTextAsync(Path.Combine(path, "f"), "x");
        Assert.Equal(0, Posix.Kill(process.Id, SigTerm));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(0, process.ExitCode);
        Directory.Delete(path);
    }

    /// <summary>
    /// Never of a mount that this process serves: a garbage collection, which stops its readers, waits for the thread whose page fault waits for
    /// them, and SIGKILL ends neither.
    /// </summary>
    [FuseFact]
    public async Task MemoryMapsAreWrittenBack()
    {
        const int length = 1 << 20;
        string path = TempMount.NewDirectory();
        using Process process = Start("dotnet", [s_program, "memory", path]);
        await WaitForLineAsync(process, "mounted memory");
        try
        {
            string file = Path.Combine(path, "m");
            using (MemoryMappedFile map = MemoryMappedFile.CreateFromFile(file, FileMode.Create, null, length))
            using (MemoryMappedViewAccessor view = map.CreateViewAccessor())
            {
                for (int i = 0; i < length; i += 4096)
                    view.Write(i, i);
                view.Flush();
            }

            byte[] content = await File.ReadAllBytesAsync(file);
            for (int i = 0; i < length; i += 4096)
                Assert.Equal(i, BitConverter.ToInt32(content, i));
        }
        finally
        {
            Assert.Equal(0, Posix.Kill(process.Id, SigTerm));
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        }

        Assert.Equal(0, process.ExitCode);
        Directory.Delete(path);
    }

    [FuseFact]
    public Task RootOfAUserNamespaceMountsWithoutHelp() => MountInAsync(
        ["-Urm", "sh", "-c", $"exec dotnet '{s_program}' hello \"$0\""],
        ["-U", "--preserve-credentials", "-m"]);

    /// <summary>The mode of the device node is 0600 on some machines, so nobody gets one of their own, in a mount namespace of their own.</summary>
    [FuseFact]
    public Task NobodyMountsThroughFusermount() => MountInAsync(
        [
            "-m", "sh", "-c",
            $"chown 65534:65534 \"$0\" && mknod \"$0.dev\" c 10 229 && chmod 666 \"$0.dev\" && mount --bind \"$0.dev\" /dev/fuse && "
                + $"exec setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/tmp dotnet '{s_program}' hello \"$0\"",
        ],
        ["-m", "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]);

    /// <summary>Runs the sample in a namespace, looks at the mount from inside of it, and ends it.</summary>
    private static async Task MountInAsync(string[] unshare, string[] enter)
    {
        string path = TempMount.NewDirectory();
        try
        {
            using Process process = Start("unshare", [.. unshare, path]);
            await WaitForLineAsync(process, "mounted hello");
            Assert.Equal("hello, world\n", await RunAsync("nsenter", ["-t", $"{process.Id}", .. enter, "cat", $"{path}/hello"]));
            Assert.Equal(0, Posix.Kill(process.Id, SigTerm));
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            File.Delete(path + ".dev");
            Directory.Delete(path);
        }
    }

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        using Process child = Start(program, arguments);
        string output = await child.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
        return output.Length > 0 ? output : await child.StandardError.ReadToEndAsync();
    }

    private static Process Start(string program, string[] arguments) => Process.Start(
        new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;

    private static async Task WaitForLineAsync(Process process, string start)
    {
        string? line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(line?.StartsWith(start, StringComparison.Ordinal), line ?? await process.StandardError.ReadToEndAsync());
    }
}

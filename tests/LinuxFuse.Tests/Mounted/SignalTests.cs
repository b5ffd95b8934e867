using System.Diagnostics;
using LinuxFuse.Interop;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Mounted;

/// <summary>Programs that are signalled while they wait for the mount. perl, unlike bash, does not repeat a stat(2) that fails with EINTR.</summary>
public class SignalTests
{
    private const int SigUser1 = 10;
    private const int SigTerm = 15;
    private const int SigContinue = 18;
    private const int SigStop = 19;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [FuseFact]
    public Task AHandledSignalIsNoErrorOfAFile() => SurvivesAsync(SigUser1);

    /// <summary>Slurm suspends jobs so.</summary>
    [FuseFact]
    public Task BeingStoppedIsNoErrorOfAFile() => SurvivesAsync(SigStop);

    [FuseFact]
    public async Task AProgramThatHasSurvivedOneSignalStillDiesAtOnceOfTheNext()
    {
        Slow slow = new();
        await using TempMount mount = await TempMount.CreateAsync(slow.FileSystem, slow.Options);
        using Process program = await StartAsync(mount, slow);
        Assert.Equal(0, Posix.Kill(program.Id, SigUser1));
        await slow.LookedAtAsync();
        Assert.Equal(0, Posix.Kill(program.Id, SigTerm));
        await program.WaitForExitAsync().WaitAsync(s_patience);
        Assert.Equal(128 + SigTerm, program.ExitCode);
        Assert.False(slow.Gate.Task.IsCompleted);
    }

    private static async Task SurvivesAsync(int signal)
    {
        Slow slow = new();
        await using TempMount mount = await TempMount.CreateAsync(slow.FileSystem, slow.Options);
        using Process program = await StartAsync(mount, slow);
        Assert.Equal(0, Posix.Kill(program.Id, signal));
        await slow.LookedAtAsync();
        slow.Gate.SetResult();
        Assert.Equal(0, Posix.Kill(program.Id, SigContinue));
        await program.WaitForExitAsync().WaitAsync(s_patience);
        Assert.Equal("there", await program.StandardOutput.ReadToEndAsync());
    }

    private static async Task<Process> StartAsync(TempMount mount, Slow slow)
    {
        Process program = Process.Start(
            new ProcessStartInfo("perl", ["-e", "$SIG{USR1} = sub {}; print -e $ARGV[0] ? 'there' : \"error: $!\"", mount["slow"]])
            {
                RedirectStandardOutput = true,
            })!;
        await slow.Asked.Task.WaitAsync(s_patience);
        return program;
    }

    private sealed class Slow
    {
        private readonly SemaphoreSlim _looks = new(0);

        public Slow() => FileSystem = new ScriptedFileSystem
        {
            OnGetAttr = op => new(op.Reply(new FuseAttr { Type = FileType.Directory, Permissions = 0b111_101_101 }, TimeSpan.MaxValue)),
            OnLookup = async op =>
            {
                Asked.TrySetResult();
                await Gate.Task.WaitAsync(op.Request.Interrupted);
                return op.Reply(new FuseEntry(new(2), new FuseAttr { Type = FileType.Regular, Permissions = 0b110_100_100 }, TimeSpan.MaxValue));
            },
        };

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ScriptedFileSystem FileSystem { get; }

        public FuseOptions Options => TempMount.Options with
        {
            MustEnd = thread =>
            {
                bool end = PendingSignals.AskToEnd(thread);
                _looks.Release();
                return end;
            },
        };

        /// <summary>The signal has been weighed, twice: the first look would have ended the request.</summary>
        public async Task LookedAtAsync()
        {
            for (int i = 0; i < 2; i++)
                Assert.True(await _looks.WaitAsync(s_patience));
        }
    }
}

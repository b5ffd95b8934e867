using System.Diagnostics;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Mounting.Control;
using Integration.Mounts;

namespace Integration.Crash;

/// <summary>Kills a daemon again and again, and after each kill compares the server with what was acknowledged.</summary>
internal sealed class CrashRun(int seed, Action<string> progress)
{
    private const int Writers = 4;
    private const int LongestLoad = 400; // milliseconds

    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(2); // a round takes a second; a hang is a failure

    private readonly Random _random = new(seed);
    private readonly WriteLedger _ledger = new();
    private readonly string _program = Daemon.Program();
    private long _generation;
    private int _kills;
    private int _early;

    /// <returns>The last line, with the counts.</returns>
    /// <exception cref="Xunit.Sdk.XunitException">An acknowledged write is lost, a block torn, or anything else that must not be.</exception>
    public async Task<string> RunAsync(int kills)
    {
        Stopwatch watch = Stopwatch.StartNew();
        await using CrashPlace place = new();
        await using UnreliableServer server = await UnreliableServer.StartAsync(place.Origin);
        BlockKey[] keys = [.. TestVoxels.AllBlocks(place.Volume)];
        Writer[] writers = [.. Enumerable.Range(0, Writers).Select(w => new Writer(place, w, [.. keys.Where((_, i) => i % Writers == w)], _ledger))];
        while (_kills < kills && _ledger.Problems.Count < 10)
        {
            try
            {
                await RoundAsync(place, server, keys, writers).WaitAsync(s_longest);
            }
            catch (TimeoutException)
            {
                await Command.RunAsync("umount", "-f", "-l", place.MountPoint); // lets go of whoever waits in it
                throw new TimeoutException($"seed {seed}: the round after kill {_kills} hangs; {Counts()}");
            }

            if (_kills % 25 == 0)
            {
                progress($"{Counts()} after {watch.Elapsed.TotalSeconds:F0} s");
            }
        }

        server.Behave();
        await using Daemon last = place.Mount(_program, server.Url);
        await last.ReadyAsync();
        await CompareAsync(place, keys);
        foreach (BlockKey key in keys)
        {
            Expect(place.Shown(key) == place.Stored(key), $"{key} is {place.Shown(key)} through the mount and {place.Stored(key)} on the server");
        }

        await last.KillAsync();
        IReadOnlyList<string> problems = _ledger.Problems;
        if (problems.Count > 0)
        {
            Assert.Fail(CrashReport.Write($"seed {seed}: {Counts()}", problems, place.Log));
        }

        return $"{Counts()}; seed {seed}, {watch.Elapsed.TotalSeconds:F0} s";
    }

    private async Task RoundAsync(CrashPlace place, UnreliableServer server, BlockKey[] keys, Writer[] writers)
    {
        server.Behave();
        place.Through = _random.Next(2) == 0;
        if (_random.Next(8) == 0)
        {
            await KillEarlyAsync(place, server);
            return;
        }

        await using Daemon daemon = place.Mount(_program, server.Url);
        await daemon.ReadyAsync();
        await CompareAsync(place, keys);
        await LoadAsync(server, daemon, writers);
    }

    private string Counts() =>
        $"{_kills} kills ({_early} while mounting), {_ledger.Acknowledged} acknowledged writes, {_ledger.Unacknowledged} failed or cut off, "
            + $"{_ledger.Lost} lost, {_ledger.Torn} torn";

    /// <summary>A daemon that dies while it clears the mount of the one before it, or while it replays the journal to a server that fails.</summary>
    private async Task KillEarlyAsync(CrashPlace place, UnreliableServer server)
    {
        server.Misbehave(new Random(_random.Next()), static () => { });
        await using Daemon daemon = place.Mount(_program, server.Url);
        await Elapsed(_random.Next(600));
        await daemon.KillAsync();
        _kills++;
        _early++;
        await server.RestartAsync(Task.CompletedTask);
    }

    private async Task LoadAsync(UnreliableServer server, Daemon daemon, Writer[] writers)
    {
        // Half of the kills come at a POST, the others at any time; a few kills later than the server's end.
        int posts = _random.Next(2) == 0 ? _random.Next(1, 40) : int.MaxValue;
        int length = _random.Next(5, LongestLoad);
        bool restart = _random.Next(4) == 0;
        (int restartAt, int restartFor) = (_random.Next(length), _random.Next(300));
        TaskCompletionSource moment = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Misbehave(new Random(_random.Next()), () =>
        {
            if (Interlocked.Decrement(ref posts) == 0)
            {
                moment.TrySetResult();
            }
        });
        await using SignalStorm storm = new();
        Task[] running = [.. writers.Select(w => Start(w, new Random(_random.Next()), storm))];
        Task outage = restart ? OutageAsync(server, restartAt, restartFor) : Task.CompletedTask;
        await Task.WhenAny(moment.Task, Elapsed(length));
        await daemon.KillAsync();
        _kills++;
        await Task.WhenAll(running).WaitAsync(TimeSpan.FromSeconds(60));
        await outage;
        await server.RestartAsync(Task.CompletedTask);
    }

    private static async Task OutageAsync(UnreliableServer server, int at, int length)
    {
        await Elapsed(at);
        await server.RestartAsync(Elapsed(length));
    }

    /// <summary>A thread of its own: its calls wait for the daemon.</summary>
    private Task Start(Writer writer, Random random, SignalStorm storm) => Task.Factory.StartNew(
        () =>
        {
            storm.Enter();
            writer.Run(random, () => Interlocked.Increment(ref _generation), static () => { });
            storm.Leave();
        },
        default,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private async Task CompareAsync(CrashPlace place, BlockKey[] keys)
    {
        MountStatus status = MountStatusJson.Read(await ControlClient.SendAsync(place.MountPoint, ControlCommand.Status, CancellationToken.None));
        Expect(
            status.WriteBack is { PendingBlocks: 0, ParkedBlocks: 0, DamagedFiles: 0 },
            $"after kill {_kills} the mount was announced with {status.WriteBack}");
        foreach (BlockKey key in keys)
        {
            _ledger.Check(key, place.Stored(key), $"after kill {_kills}");
        }

        BlockKey sample = keys[_random.Next(keys.Length)];
        (long? shown, long? stored) = (place.Shown(sample), place.Stored(sample));
        Expect(
            shown == stored,
            $"after kill {_kills}: {sample} is {shown} through the mount and {stored} on the server ({place.Stored(sample)} a moment later)");
    }

    private void Expect(bool right, string otherwise)
    {
        if (!right)
        {
            _ledger.Report(otherwise);
        }
    }

    /// <summary>The random moments of this test are moments in time: there is no event to wait for.</summary>
    private static async Task Elapsed(int milliseconds)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(Math.Max(1, milliseconds)));
        await timer.WaitForNextTickAsync();
    }
}

using System.Globalization;
using System.Runtime.CompilerServices;
using DataStoreFS.Model;
using DataStoreFS.Mounting;

namespace Integration.Mounts;

/// <summary>
/// Random file operations by another process against a model in its memory, with remounts in between. Seeds are fixed; a failure names its own.
/// </summary>
public sealed class RandomOperationsTests
{
    // 8 rounds of 1,500: two minutes on a slow machine. DATASTOREFS_OPERATIONS asks for more in a round.
    private static readonly int s_count = int.TryParse(Environment.GetEnvironmentVariable("DATASTOREFS_OPERATIONS"), out int count) ? count : 1500;

    private static readonly VolumeInfo s_volume = Volumes.Make(
        "0", [0], [3], [0], new LevelInfo(0, new Size3(1, 1, 1), new Size3(128, 128, 48), new Size3(64, 64, 16)));

    [MountTheory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task WhatProgramsSeeIsWhatTheModelSaysAlsoAfterARemount(int seed)
    {
        string overlay = Directory.CreateTempSubdirectory("datastorefs-test-").FullName;
        try
        {
            await using MountedDataset first = await StartAsync(s_volume, overlay);
            for (int round = 0; round < 4; round++)
            {
                await RunAsync(first.Root, overlay, (seed * 1000) + round);
            }

            await first.Mount.StopAsync(lazy: false, default);
            DataStoreMount again = await DataStoreMount.StartAsync(
                first.Mount.Settings, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, default);
            await using (again)
            {
                await RunAsync(again.MountPoint, overlay, (seed * 1000) + 500);
            }

            Assert.Equal(0, again.BuffersInUse);
        }
        finally
        {
            Directory.Delete(overlay, true);
        }
    }

    [MountFact]
    public async Task ProgramsThatWriteAtTheSameTimeEachSeeWhatTheyWroteWhileOthersListIt()
    {
        string overlay = Directory.CreateTempSubdirectory("datastorefs-test-").FullName;
        try
        {
            await using MountedDataset mounted = await StartAsync(s_volume, overlay);
            Task writers = Task.WhenAll(Enumerable.Range(0, 8).Select(number => Command.RunCleanAsync(
                "/usr/bin/python3", Script("parallel_writers.py"), mounted.Root, number.ToString(CultureInfo.InvariantCulture))));
            for (int i = 0; i < 1000 && !writers.IsCompleted; i++)
            {
                await Command.RunAsync("ls", "-lR", mounted.Root); // may complain of temporary files that are gone: only its lookups matter
            }

            await writers;
        }
        finally
        {
            Directory.Delete(overlay, true);
        }
    }

    private static Task<MountedDataset> StartAsync(VolumeInfo volume, string overlay) => MountedDataset.StartAsync(
        volume, static _ =>
            false, s => MountedDataset.Writable(s) with { OverlayFolder = Path.Join(overlay, "files"), MissingAge = TimeSpan.FromMinutes(5) });

    private static async Task RunAsync(string root, string folder, int seed) => await Command.RunCleanAsync(
        "/usr/bin/python3",
        Script("random_operations.py"),
        root,
        Path.Join(folder, "model"),
        seed.ToString(CultureInfo.InvariantCulture),
        s_count.ToString(CultureInfo.InvariantCulture));

    private static string Script(string name, [CallerFilePath] string here = "") => Path.Join(Path.GetDirectoryName(here), name);
}

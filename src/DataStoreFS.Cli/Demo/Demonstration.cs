using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace DataStoreFS.Cli.Demo;

/// <summary>The whole demonstration: makes a dataset, serves it, mounts it, shows it, cleans up. Everything lives in one temporary folder.</summary>
internal sealed class Demonstration(string folder, int seed)
{
    private string Store => Path.Combine(folder, "store");
    private string MountPoint => Path.Combine(folder, "embryo");
    private string Container => Path.Combine(MountPoint, "export.n5");
    private string PngFile => Path.Combine(folder, "slice.png");

    /// <param name="check">Verify every voxel and end, instead of waiting for Ctrl-C.</param>
    /// <param name="cancellationToken">Ctrl-C.</param>
    public async Task RunAsync(bool check, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(MountPoint);
        Make(cancellationToken);
        (ChildProgram server, string url) = await ChildProgram.StartAsync(
            " at ", cancellationToken, "serve", Store, "--urls", "http://127.0.0.1:0").ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            string source = $"{url}/datasets/{DemoShape.Uuid}";
            Say($"$ datastorefs serve {Store} --urls {url}");
            Say($"$ datastorefs mount {source} {MountPoint}");
            long start = Stopwatch.GetTimestamp();

            // To its end: Ctrl-C ends it too, and a mount that is ready at that moment must be unmounted.
            await ChildProgram.RunAsync(CancellationToken.None, ["mount", source, MountPoint, .. AllowOther()]).ConfigureAwait(false);
            Say($"  readable after {Seconds(start)}");
            try
            {
                Show(cancellationToken);
                if (check)
                {
                    Check(cancellationToken);
                }
                else
                {
                    await InviteAsync(cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                Say($"$ datastorefs umount {MountPoint}");
                await ChildProgram.RunAsync(CancellationToken.None, "umount", "--lazy", MountPoint).ConfigureAwait(false);
            }
        }
    }

    // A mount is its user's alone; one that was made with sudo shall still be open to the person at the desk.
    private static string[] AllowOther() => Environment.IsPrivilegedProcess ? ["--allow-other"] : [];

    private static void Say(string line) => Console.WriteLine(line);

    private static string Seconds(long start) =>
        string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(start).TotalSeconds:0.00} s");

    private void Make(CancellationToken cancellationToken)
    {
        Say(
            $"making a dataset: {DemoShape.Channels} channels, {DemoShape.Timepoints} timepoints, "
                + $"{DemoShape.Levels.Count} levels of {DemoShape.Dimensions} voxels (seed {seed})");
        long start = Stopwatch.GetTimestamp();
        if (Console.IsOutputRedirected)
        {
            DemoDataset.Write(Store, seed, _ => { }, cancellationToken);
        }
        else
        {
            AnsiConsole.Progress().AutoClear(true).Start(progress =>
            {
                ProgressTask task = progress.AddTask("embryo", maxValue: 1);
                DemoDataset.Write(Store, seed, done => task.Value = done, cancellationToken);
            });
        }

        long bytes = Directory.EnumerateFiles(Store, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);
        Say(string.Create(CultureInfo.InvariantCulture, $"  {bytes / 1e6:0} MB on disk after {Seconds(start)}"));
    }

    private void Show(CancellationToken cancellationToken)
    {
        Screen.Console.Write(DemoTree.Describe(MountPoint));
        long start = Stopwatch.GetTimestamp();
        Picture picture = DemoPicture.Render(Container, cancellationToken);
        PngWriter.Write(PngFile, picture);
        if (TerminalPicture.IsPossible)
        {
            Picture small = DemoPicture.Plane(Container, timepoint: 0, DemoShape.Levels[1], cancellationToken);
            Console.Write(TerminalPicture.Render(small, Console.WindowWidth));
        }

        Say($"a slice of both channels, and of all timepoints, read through the mount in {Seconds(start)}: {PngFile}");
    }

    private void Check(CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        DemoCheck.Counts counts = DemoCheck.Run(Container, seed, cancellationToken);
        Say(string.Create(
            CultureInfo.InvariantCulture,
            $"every voxel is right: {counts.Voxels:N0} voxels in {counts.Blocks:N0} block files, "
                + $"{counts.Empty:N0} of which the server has not (zeros), in {Seconds(start)}"));
    }

    private async Task InviteAsync(CancellationToken cancellationToken)
    {
        Say("");
        Say("Open it while this runs:");
        Say($"  BigDataViewer: in Fiji, Plugins > BigDataViewer > Open XML/HDF5 ..., choose {MountPoint}/export.xml");
        Say($"  Python:        zarr.open(zarr.N5Store('{Container}'))['setup0/timepoint0/s0']");
        Say($"  any program:   cp -r {Container} /somewhere/else");
        Say("Ctrl-C unmounts and removes everything.");
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Say("");
    }
}

using System.CommandLine;
using DataStoreFS.Cli.Bench;
using DataStoreFS.Cli.Trees;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Mounting.Control;

namespace DataStoreFS.Cli.Verbs;

/// <summary><c>datastorefs bench MOUNT [--files N] [--json]</c>: how fast blocks are read from a tree, ours or anybody's.</summary>
internal static class BenchVerb
{
    private const int MostFiles = 100_000;

    public static Command Create()
    {
        var place = new Argument<string>("MOUNT")
        {
            HelpName = "MOUNT",
            Description = "A mount point, or any folder with a BigDataViewer N5 tree, or a setup, timepoint or level in it.",
        };
        var files = new Option<int>("--files")
        {
            Description = "Blocks to read in each of the two cold runs.",
            HelpName = "N",
            DefaultValueFactory = _ => 256,
        };
        var json = new Option<bool>("--json") { Description = "Machine-readable." };
        var verb = new Verb("bench", "Measure how fast blocks are read: in order, in random order by 8 threads, again, and looking for names.")
        {
            Examples =
            [
                ("datastorefs bench ~/data", "Mount just before, so that nothing is cached; the figures hold no address and can be posted"),
                ("datastorefs bench /mnt/rclone/export.n5 --files 512 --json", "The same of another file system, for a script"),
            ],
        };
        verb.Add(place);
        verb.Add(files);
        verb.Add(json);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            BenchReport report = await RunAsync(parsed.GetRequiredValue(place), parsed.GetValue(files), cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(report.ToJson());
            }
            else
            {
                BenchTable.Show(Screen.Console, report);
            }

            return 0;
        });
        return verb;
    }

    private static async Task<BenchReport> RunAsync(string path, int files, CancellationToken cancellationToken)
    {
        if (files is < 1 or > MostFiles)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, $"--files must lie between 1 and {MostFiles}");
        }

        TreePlace place = TreePlace.Of(path);
        MountedAt mount = MountedAt.Of(CanonicalPath.Of(place.Container));
        BenchEnvironment environment = BenchEnvironment.Of(mount, await AskAsync().ConfigureAwait(false));
        BenchPlan plan = BenchPlan.Of(place, files);
        BenchRunner runner = new(plan, AskAsync);
        IReadOnlyList<BenchPhase> phases = await runner.RunAsync(Tell).ConfigureAwait(false);
        TreeImage first = plan.Images[0];
        return new BenchReport
        {
            Environment = environment,
            Data = new BenchData(
                plan.Images.Count == 1 ? first.Name : $"{first.Name} ... {plan.Images[^1].Name}", first.Level.BlockSize.ToString(), first.BlockBytes),
            Phases = phases,
            Notes = BenchNotes.Of(phases, files, environment.Load, environment.Cores),
        };

        // A mount of another user answers nobody else, and can be measured all the same.
        async Task<MountStatus?> AskAsync()
        {
            try
            {
                return mount.IsOurs
                    ? MountStatusJson.Read(await ControlClient.SendAsync(mount.Path, ControlCommand.Status, cancellationToken).ConfigureAwait(false))
                    : null;
            }
            catch (DataStoreException unknown) when (unknown.Kind == DataStoreErrorKind.NotFound)
            {
                return null;
            }
        }
    }

    private static void Tell(string phase)
    {
        if (!Console.IsErrorRedirected)
        {
            Console.Error.WriteLine($"bench: {phase} ...");
        }
    }
}

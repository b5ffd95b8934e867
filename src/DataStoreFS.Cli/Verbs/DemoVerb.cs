using System.CommandLine;
using System.Runtime.ExceptionServices;
using DataStoreFS.Cli.Daemon;
using DataStoreFS.Cli.Demo;

namespace DataStoreFS.Cli.Verbs;

/// <summary><c>datastorefs demo</c>: for <c>scripts/demo</c>.</summary>
internal static class DemoVerb
{
    private const int DefaultSeed = 2026;

    public static Command Create()
    {
        var check = new Option<bool>("--check") { Description = "Verify every voxel through the mount, and end." };
        var seed = new Option<int>("--seed") { Description = "Another embryo.", HelpName = "N", DefaultValueFactory = _ => DefaultSeed };
        var verb = new Verb("demo", "Make a small dataset, serve it, mount it, and show it.") { Hidden = true };
        verb.Add(check);
        verb.Add(seed);
        verb.SetAction((parsed, _) => RunAsync(parsed.GetValue(check), parsed.GetValue(seed)));
        return verb;
    }

    private static async Task<int> RunAsync(bool check, int seed)
    {
        using var stop = new StopSignals();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("datastorefs-demo-");
        try
        {
            // Other users may look at the mount (see AllowOther), so they may pass through here.
            folder.UnixFileMode |= UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
            await new Demonstration(folder.FullName, seed).RunAsync(check, stop.Token).ConfigureAwait(false);
            return 0;
        }
        catch (Exception fault) when (stop.Token.IsCancellationRequested)
        {
            // A terminal sends Ctrl-C to the server of the demonstration too, so that reads fail before anybody has looked at the token.
            CommandLine.Complain("the demonstration was interrupted; nothing of it is left");
            throw new OperationCanceledException(fault.Message, fault, stop.Token);
        }
        catch (AggregateException faults)
        {
            // Of the threads that draw and write; their first one says what is wrong.
            ExceptionDispatchInfo.Throw(faults.GetBaseException());
            throw;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

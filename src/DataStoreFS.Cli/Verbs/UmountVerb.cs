using System.CommandLine;
using DataStoreFS.Cli.Logging;
using DataStoreFS.Cli.Options;
using DataStoreFS.Model;
using DataStoreFS.Mounting.Control;
using LinuxFuse;

namespace DataStoreFS.Cli.Verbs;

/// <summary><c>datastorefs umount MOUNTPOINT</c>: returns when the mount is gone; says who is in the way otherwise.</summary>
internal static class UmountVerb
{
    public static Command Create()
    {
        Argument<string> mountPoint = MountPointArgument.Create();
        var lazy = new Option<bool>("--lazy", "-z")
        {
            Description = "Also when files are open: the tree disappears now, open files are answered for a while.",
        };
        var verb = new Verb("umount", "Unmount.")
        {
            Examples =
            [
                ("datastorefs umount ~/data", "When nothing uses it"),
                ("datastorefs umount --lazy ~/data", "In any case"),
            ],
        };
        verb.Add(mountPoint);
        verb.Add(lazy);
        verb.SetAction((parsed, cancellationToken) =>
            RunAsync(OptionValues.FullPath(parsed.GetRequiredValue(mountPoint)), parsed.GetValue(lazy), cancellationToken));
        return verb;
    }

    private static async Task<int> RunAsync(string mountPoint, bool lazy, CancellationToken cancellationToken)
    {
        try
        {
            // By way of the daemon, which knows when everything is closed; without it (killed, or another user's) by the system call.
            if (!lazy && await ControlClient.IsAliveAsync(mountPoint, cancellationToken).ConfigureAwait(false))
            {
                string left = await ControlClient.SendAsync(mountPoint, ControlCommand.Stop, cancellationToken).ConfigureAwait(false);
                if (left.Length > 0)
                {
                    await Console.Error.WriteLineAsync(LineText.OneLine(left)).ConfigureAwait(false);
                }
            }
            else
            {
                await FuseMount.UnmountAsync(mountPoint, lazy, cancellationToken).ConfigureAwait(false);
            }

            return 0;
        }
        catch (FuseException e)
        {
            throw new DataStoreException(DataStoreErrorKind.Local, e.Message, e);
        }
    }
}

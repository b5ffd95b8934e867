using System.CommandLine;
using DataStoreFS.Cli.Options;
using DataStoreFS.Mounting.Control;

namespace DataStoreFS.Cli.Verbs;

/// <summary><c>datastorefs refresh MOUNTPOINT</c>.</summary>
internal static class RefreshVerb
{
    public static Command Create()
    {
        Argument<string> mountPoint = MountPointArgument.Create();
        var verb = new Verb("refresh", "Drop everything that was fetched: the next read of each block asks the server.")
        {
            Examples = [("datastorefs refresh ~/data", "Somebody has written new blocks and you want to see them now")],
        };
        verb.Add(mountPoint);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            await ControlClient.SendAsync(
                OptionValues.FullPath(parsed.GetRequiredValue(mountPoint)), ControlCommand.Refresh, cancellationToken).ConfigureAwait(false);
            return 0;
        });
        return verb;
    }
}

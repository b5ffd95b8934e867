using System.CommandLine;
using DataStoreFS.Cli.Options;
using DataStoreFS.Cli.Verbs;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Overlays;

/// <summary><c>MOUNTPOINT [PATH…]</c>, or <c>--overlay DIR [PATH…]</c>.</summary>
internal sealed class OverlayArguments
{
    private readonly Argument<string?> _mountPoint = MountPointArgument.CreateOptional();

    private readonly Argument<string[]> _paths = new("PATH")
    {
        Description = "Relative to the tree's top (export.xml), or below the mount point; a folder means all that is in it.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _folder = new("--overlay")
    {
        Description = "An overlay's folder while it is not mounted, instead of MOUNTPOINT.",
        HelpName = "DIR",
    };

    public void AddTo(Command verb)
    {
        verb.Add(_mountPoint);
        verb.Add(_paths);
        verb.Add(_folder);
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="paths">Relative to the tree's top.</param>
    /// <exception cref="DataStoreException">Usage.</exception>
    public IOverlay Open(ParseResult parsed, out IReadOnlyList<string> paths)
    {
        string? first = parsed.GetValue(_mountPoint);
        string[] others = parsed.GetValue(_paths) ?? [];
        if (parsed.GetValue(_folder) is { } folder)
        {
            // What looked like a mount point is the first path.
            paths = [.. (first is null ? others : [first, .. others]).Select(path => Relative(null, path))];
            return new FolderOverlay(OptionValues.FullPath(folder));
        }

        string mountPoint = OptionValues.FullPath(
            first ?? throw new DataStoreException(DataStoreErrorKind.Usage, "name a mount point, or an overlay's folder with --overlay DIR"));
        paths = [.. others.Select(path => Relative(mountPoint, path))];
        return new MountedOverlay(mountPoint);
    }

    private static string Relative(string? mountPoint, string path)
    {
        string full = Path.IsPathRooted(path) ? Path.GetFullPath(path) : Path.GetFullPath("/" + path);
        string? top = mountPoint?.TrimEnd('/');
        string? relative = !Path.IsPathRooted(path) ? full
            : top is not null && full.StartsWith(top + "/", StringComparison.Ordinal) ? full[top.Length..]
            : null;
        return relative?.Trim('/') is { Length: > 0 } found ? found
            : throw new DataStoreException(
                DataStoreErrorKind.Usage, $"{path} is no path inside the tree; give it relative to the tree's top, like export.xml");
    }
}

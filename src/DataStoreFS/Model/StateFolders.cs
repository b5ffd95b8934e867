namespace DataStoreFS.Model;

/// <summary>Where a mount keeps what must survive it: <c>$XDG_STATE_HOME/datastorefs</c>, or <c>~/.local/state/datastorefs</c>.</summary>
public static class StateFolders
{
    /// <summary>
    /// One per dataset of a server: files that programs put beside the data are there again at the next mount, of whatever version.
    /// </summary>
    public static string Overlay(SourceAddress source) => Path.Combine(Root(), "overlay", Name(source));

    /// <summary>One per dataset and version of a server.</summary>
    public static string Journal(SourceAddress source) =>
        Path.Combine(Root(), "journal", source.Version is null ? Name(source) : $"{Name(source)}_{source.Version}");

    /// <summary>What is known of uploads that were begun.</summary>
    public static string Push() => Path.Combine(Root(), "push");

    private static string Root() => RootIn(
        Environment.GetEnvironmentVariable("XDG_STATE_HOME"),
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify));

    // A relative path is to be ignored (XDG base directory specification). A home folder that this node does not have stays the one that is meant:
    // who makes the folder says why it cannot.
    internal static string RootIn(string? state, string home) => Path.IsPathRooted(state) ? Path.Combine(state, "datastorefs")
        : Path.IsPathRooted(home) ? Path.Combine(home, ".local", "state", "datastorefs")
        : throw new DataStoreException(
            DataStoreErrorKind.Usage,
            "this user has no home folder for what must survive a mount; set HOME or XDG_STATE_HOME, or name folders with --overlay and --journal");

    // Host and port, any path prefix, and the dataset; nothing in it can leave the folder.
    private static string Name(SourceAddress source)
    {
        Uri server = new(source.Server);
        string prefix = server.AbsolutePath.Trim('/');
        string host = server.IsDefaultPort ? server.Host : $"{server.Host}-{server.Port}";
        string name = string.Join('_', new[] { host, prefix, source.Uuid }.Where(part => !string.IsNullOrEmpty(part)));
        return string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '-')).TrimStart('.');
    }
}

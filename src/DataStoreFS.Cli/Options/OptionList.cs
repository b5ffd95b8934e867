using System.Text;

namespace DataStoreFS.Cli.Options;

/// <summary>The <c>-o name=value,name2,…</c> syntax of mount(8).</summary>
internal static class OptionList
{
    /// <summary>
    /// Splits at commas; <c>\,</c> and <c>\\</c> stand for themselves, as in libfuse's option lists. Names are returned with <c>-</c> for
    /// <c>_</c>, because FUSE programs have always spelled it <c>allow_other</c>; a name without <c>=</c> has a null value.
    /// </summary>
    public static IEnumerable<(string Name, string? Value)> Split(string list)
    {
        var item = new StringBuilder();
        for (int i = 0; i <= list.Length; i++)
        {
            if (i == list.Length || list[i] == ',')
            {
                if (item.Length > 0)
                {
                    yield return NameAndValue(item.ToString());
                    item.Clear();
                }
            }
            else if (list[i] == '\\' && i + 1 < list.Length && list[i + 1] is ',' or '\\')
            {
                item.Append(list[++i]);
            }
            else
            {
                item.Append(list[i]);
            }
        }
    }

    /// <summary>The other direction, for handing options to a child process.</summary>
    public static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal);

    /// <summary>
    /// Whether an option is one that fstab, mount(8) or systemd put there and that a FUSE mount either always has (nosuid, nodev), or that is for
    /// those programs only. <c>rw</c> is among them: mount(8) passes it for every line without <c>ro</c>, so it cannot mean that somebody wants to
    /// write.
    /// </summary>
    public static bool IsForMountPrograms(string name) =>
        name is "rw" or "defaults" or "auto" or "noauto" or "user" or "users" or "nouser" or "owner" or "group" or "nofail" or "-netdev"
            or "suid" or "nosuid" or "dev" or "nodev" or "exec" or "noexec" or "atime" or "noatime" or "diratime" or "nodiratime"
            or "relatime" or "norelatime" or "strictatime" or "lazytime" or "nolazytime" or "sync" or "async" or "dirsync"
            or "mand" or "nomand" or "silent" or "loud" or "nonempty" or "comment"
        || name.StartsWith("x-", StringComparison.OrdinalIgnoreCase);

    private static (string Name, string? Value) NameAndValue(string item)
    {
        int equals = item.IndexOf('=', StringComparison.Ordinal);
        string name = (equals < 0 ? item : item[..equals]).Replace('_', '-');
        return (name, equals < 0 ? null : item[(equals + 1)..]);
    }
}

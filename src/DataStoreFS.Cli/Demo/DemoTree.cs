using System.Globalization;
using DataStoreFS.Cli.Options;
using Spectre.Console;

namespace DataStoreFS.Cli.Demo;

/// <summary>A few lines of the mounted tree, as a program sees it: every level once, the rest counted.</summary>
internal static class DemoTree
{
    private const int Shown = 3;

    public static Spectre.Console.Tree Describe(string mountPoint)
    {
        var tree = new Spectre.Console.Tree(new Text(mountPoint, new Style(decoration: Decoration.Bold)));
        Add(tree, new DirectoryInfo(mountPoint));
        return tree;
    }

    private static void Add(IHasTreeNodes parent, DirectoryInfo directory)
    {
        FileSystemInfo[] entries =
        [
            .. directory.GetFileSystemInfos().OrderBy(e => e is DirectoryInfo).ThenBy(e => e.Name.Length).ThenBy(e => e.Name, StringComparer.Ordinal),
        ];
        bool opened = false;
        for (int i = 0; i < entries.Length; i++)
        {
            if (i >= Shown && entries.Length > Shown + 1)
            {
                parent.AddNode(
                    new Text(string.Create(CultureInfo.InvariantCulture, $"… {entries.Length - i} more"), new Style(decoration: Decoration.Dim)));
                break;
            }

            TreeNode node = parent.AddNode(new Text(Label(entries[i])));
            if (entries[i] is DirectoryInfo inner && !opened)
            {
                Add(node, inner);
                opened = true;
            }
        }
    }

    private static string Label(FileSystemInfo entry) =>
        entry is FileInfo file ? $"{file.Name}  ({Quantities.FormatSize(file.Length)})" : entry.Name + "/";
}

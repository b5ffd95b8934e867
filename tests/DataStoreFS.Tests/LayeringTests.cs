using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace DataStoreFS.Tests;

/// <summary>
/// The picture in src/README.md as a test: which folder of src/DataStoreFS may use which. Read from the sources rather than the assembly,
/// because a constant or an enum that the compiler inlines is an arrow too.
/// </summary>
public sealed partial class LayeringTests
{
    private static readonly Dictionary<string, string[]> s_mayUse = new()
    {
        ["Model"] = [],
        ["N5"] = ["Model"],
        ["Caching"] = ["Model", "N5"],
        ["Remote"] = ["Model", "N5", "Caching"],
        ["WriteBack"] = ["Model", "N5", "Caching", "Remote"],
        ["Blocks"] = ["Model", "N5", "Caching", "Remote", "WriteBack"],
        ["Prefetch"] = ["Model", "Blocks"],
        ["Views"] = ["Model", "N5"],
        ["Opening"] = ["Model", "N5", "Caching", "Remote", "Views"],
        ["Transfer"] = ["Model", "N5", "Remote", "Views", "Opening"],
        ["Warming"] = ["Model", "N5", "Caching", "Remote", "Blocks", "Opening", "Transfer"],
        ["Overlay"] = ["Model"],
        ["Tree"] = ["Model", "N5", "Caching", "Blocks", "Views", "Overlay"],
    };

    public static TheoryData<string> Folders()
    {
        TheoryData<string> folders = [];
        foreach (string folder in Directory.GetDirectories(ProductFolder()))
        {
            string name = Path.GetFileName(folder);
            if (name is not ("bin" or "obj"))
            {
                folders.Add(name);
            }
        }

        return folders;
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void AFolderUsesOnlyWhatLiesBelowIt(string folder)
    {
        if (folder == "Mounting")
        {
            return; // the top: builds the graph, may use everything
        }

        Assert.True(s_mayUse.TryGetValue(folder, out string[]? allowed), $"{folder} has no place in the picture: add it here and to src/README.md");
        foreach (string file in Directory.EnumerateFiles(Path.Combine(ProductFolder(), folder), "*.cs", SearchOption.AllDirectories))
        {
            foreach (Match use in UsedNamespace().Matches(File.ReadAllText(file)))
            {
                string used = use.Groups[1].Value;
                Assert.True(used == folder || allowed.Contains(used), $"{folder}/{Path.GetFileName(file)} uses {used}, which does not lie below it");
            }
        }
    }

    [Fact]
    public void OnlyMountingAndTreeKnowTheKernel()
    {
        foreach (string folder in s_mayUse.Keys.Where(f => f != "Tree" && Directory.Exists(Path.Combine(ProductFolder(), f))))
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(ProductFolder(), folder), "*.cs", SearchOption.AllDirectories))
            {
                Assert.DoesNotContain("using LinuxFuse", File.ReadAllText(file), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void OnlyRemoteUsesFlurl()
    {
        foreach (string file in Directory.EnumerateFiles(ProductFolder(), "*.cs", SearchOption.AllDirectories))
        {
            bool remote = file.Contains("/Remote/", StringComparison.Ordinal) || file.Contains("/obj/", StringComparison.Ordinal);
            Assert.True(remote || !File.ReadAllText(file).Contains("using Flurl", StringComparison.Ordinal), $"{file} uses Flurl");
        }
    }

    private static string ProductFolder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "src", "DataStoreFS"));

    [GeneratedRegex(
        @"\bDataStoreFS\.(Model|N5|Caching|Remote|WriteBack|Blocks|Prefetch|Views|Opening|Transfer|Warming|Overlay|Tree|Mounting)\b(?!"")")]
    private static partial Regex UsedNamespace();
}

using System.Globalization;
using System.Runtime.CompilerServices;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.N5;
using Integration.Mounts;

namespace Integration.Foreign;

/// <summary>
/// A dataset folder that the original server wrote, mounted, and read by software that is not ours. Only the coarsest level of the sample is
/// kept as fixture; the hashes are those of the original N5 library.
/// </summary>
public sealed class ForeignReaderTests
{
    private const string Uuid = "fec5f7d4-fe28-4892-a5ee-b1ecb173e865";
    private const string Empty = "b9c47337f5ed01f7f9797499f3b99e7c039056ded780f18379cbda07dd85c265";

    private static readonly Dictionary<string, (string Dense, int Blocks)[]> s_expected = new()
    {
        ["0"] =
        [
            ("898fc398fe4b63da4700bc2574e89a4ce44f5a3a18c10676d1ee442e386ed2b8", 4),
            ("58c1c71bb62acfeff7222d658f175ae63647fb21d308fe710e32a8bec1dc38d4", 4),
            ("0a255d29dfebe4c486bc6371561af79d27319558d732c2b67fc4804775647629", 4),
        ],
        ["1"] = [(Empty, 0), (Empty, 0), ("ec9da89690e8cd7ad37c42c179c3a8be5e9d47f66a16a765fc75ec6c8e2b29b1", 2)],
        ["mixedLatest"] =
        [
            ("898fc398fe4b63da4700bc2574e89a4ce44f5a3a18c10676d1ee442e386ed2b8", 4),
            ("58c1c71bb62acfeff7222d658f175ae63647fb21d308fe710e32a8bec1dc38d4", 4),
            ("dddcaadea5a41d3bb12dcf2f1618d3b58ae511afc91beaa13c98eaf75fe23b09", 4),
        ],
    };

    [MountTheory]
    [InlineData("0", "N5Store", MissingBlocks.Zeros)]
    [InlineData("1", "N5Store", MissingBlocks.Zeros)]
    [InlineData("mixedLatest", "N5Store", MissingBlocks.Zeros)]
    [InlineData("0", "N5FSStore", MissingBlocks.Absent)]
    [InlineData("1", "N5Store", MissingBlocks.Absent)]
    [InlineData("1", "N5FSStore", MissingBlocks.Absent)]
    [InlineData("mixedLatest", "N5Store", MissingBlocks.Absent)]
    public async Task ZarrReadsTheVolumesThatTheOriginalWrote(string version, string store, MissingBlocks missing)
    {
        await using MountedFolder mounted = await StartAsync(version, missing);
        string output = await Command.RunCleanAsync("/usr/bin/python3", Script(), mounted.Tree, store);
        string[] lines = [.. output.Split('\n').Where(l => l.Contains("/s2 ", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.Equal(3, lines.Length);
        for (int t = 0; t < lines.Length; t++)
        {
            (string dense, int blocks) = s_expected[version][t];
            int files = missing == MissingBlocks.Zeros ? 4 : blocks;
            Assert.Equal(
                string.Create(
                    CultureInfo.InvariantCulture, $"setup0/timepoint{t}/s2 dims=[37, 32, 20] blocks={files} missing={4 - files} dense={dense}"),
                lines[t]);
        }
    }

    [MountTheory]
    [InlineData("0", MissingBlocks.Zeros)]
    [InlineData("1", MissingBlocks.Absent)]
    public async Task OurOwnReaderSeesTheSameInACopyOfTheMount(string version, MissingBlocks missing)
    {
        await using MountedFolder mounted = await StartAsync(version, missing);
        string copy = mounted.Scratch + "/copy";
        await Command.RunCleanAsync("cp", "-r", mounted.Tree, copy);
        N5TreeReader reader = new(copy);
        string[] dense =
        [
            .. reader.Images().Where(
                i => i.EndsWith("/s2", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(i => reader.Summarise(i).Dense),
        ];
        Assert.Equal(s_expected[version].Select(e => e.Dense), dense);
    }

    [MountFact]
    public async Task AllShowsEveryVersionAsFurtherSetupsThatNobodyCanWrite()
    {
        await using MountedFolder mounted = await StartAsync("all", MissingBlocks.Zeros);
        string output = await Command.RunCleanAsync("/usr/bin/python3", Script(), mounted.Tree, "N5Store");
        string[] lines = [.. output.Split('\n').Where(l => l.Contains("/s2 ", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        string[] versions = ["0", "1", "mixedLatest"];
        Assert.Equal(
            versions.SelectMany((version, setup) => s_expected[version].Select((expected, t) => string.Create(
                CultureInfo.InvariantCulture, $"setup{setup}/timepoint{t}/s2 dims=[37, 32, 20] blocks=4 missing=0 dense={expected.Dense}"))),
            lines);

        string copy = mounted.Scratch + "/copy";
        await Command.RunCleanAsync("cp", "-r", mounted.Tree, copy);
        N5TreeReader reader = new(copy);
        Assert.Equal(
            versions.SelectMany(version => s_expected[version].Select(e => e.Dense)),
            reader.Images().Where(
                i => i.EndsWith("/s2", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(i => reader.Summarise(i).Dense));

        string xml = await Command.RunCleanAsync("cat", Path.Join(mounted.Mount.MountPoint, "export.xml"));
        Assert.DoesNotContain("<version>", xml, StringComparison.Ordinal);
        Assert.DoesNotContain("name=\"version\"", xml, StringComparison.Ordinal);
        Assert.Equal(3, xml.Split("<ViewSetup>").Length - 1);
        await IsReadOnlyAsync(mounted);
    }

    [MountFact]
    public async Task AllAndMixedLatestAreReadOnlyAtOpenAlsoOnAWritableMount()
    {
        foreach (string version in new[] { "all", "mixedLatest" })
        {
            await using MountedFolder mounted = await StartAsync(version, MissingBlocks.Zeros, writable: true);
            await IsReadOnlyAsync(mounted);
            await Command.ShellAsync($"echo note > {mounted.Mount.MountPoint}/note");
        }
    }

    private static async Task IsReadOnlyAsync(MountedFolder mounted)
    {
        string block = mounted.Tree + "/setup0/timepoint0/s2/0/0/0";
        CommandResult result = await Command.RunAsync("/bin/sh", "-c", $": >> {block}");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Read-only file system", result.Errors, StringComparison.Ordinal);
    }

    private static Task<MountedFolder> StartAsync(string version, MissingBlocks missing, bool writable = false) => MountedFolder.StartAsync(
        origin => Fixtures.Copy("server", origin),
        url => Task.FromResult(new SourceAddress(url.ToString().TrimEnd('/'), Uuid, version)),
        settings => (writable ? MountedDataset.Writable(settings) : settings) with { Missing = missing });

    private static string Script([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "dense.py");
}

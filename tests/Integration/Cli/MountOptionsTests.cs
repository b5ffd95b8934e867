using System.CommandLine;
using DataStoreFS.Cli.Options;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using Microsoft.Extensions.Logging;

namespace Integration.Cli;

public class MountOptionsTests
{
    public static TheoryData<string, string?> Values => new()
    {
        { "cache-size", "512MiB" },
        { "disk-cache", "/scratch/blocks,100GiB" },
        { "prefetch", "off" },
        { "missing", "absent" },
        { "max-age", "inf" },
        { "missing-age", "5s" },
        { "timeout", "2min" },
        { "token-file", "/run/token" },
        { "datasets", "/etc/datasets" },
        { "allow-other", null },
        { "read-write", null },
        { "ro", null },
        { "write-back", "journal" },
        { "journal", "/scratch/journal" },
        { "journal-size", "2GiB" },
        { "drain-timeout", "5min" },
        { "overlay", "/scratch/overlay" },
        { "uid", "1000" },
        { "gid", "100" },
        { "umask", "027" },
        { "read-ahead", "4MiB" },
        { "fsname", "embryo,1" },
        { "trace-fuse", "/tmp/trace" },
        { "log", "/tmp/log" },
        { "verbose", null },
        { "quiet", null },
        { "foreground", null },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void BothSyntaxesMeanTheSameAndSomething(string name, string? value)
    {
        MountDraft none = Parse();
        MountDraft asLong = value is null ? Parse("--" + name) : Parse("--" + name, value);
        MountDraft asList = Parse("-o", value is null ? name : $"{name}={OptionList.Escape(value)}");
        MountDraft asFuse = Parse("-o", value is null ? name.Replace('-', '_') : $"{name.Replace('-', '_')}={OptionList.Escape(value)}");
        Assert.Equal(Text(asLong), Text(asList));
        Assert.Equal(Text(asLong), Text(asFuse));
        Assert.NotEqual(Text(none), Text(asLong));
    }

    [Fact]
    public void EveryOptionOfTheTableIsTestedHere() =>
        Assert.Equal(MountOptions.All.Select(o => o.Name).Order(), Values.Select(row => (string)row[0]).Order());

    [Fact]
    public void ValuesReachTheSettings()
    {
        MountSettings settings = Parse("--cache-size", "2GiB", "-o", "missing=absent,max-age=0,umask=077,uid=7").Settings;
        Assert.Equal(2L << 30, settings.CacheBytes);
        Assert.Equal(MissingBlocks.Absent, settings.Missing);
        Assert.Equal(TimeSpan.Zero, settings.MaxAge);
        Assert.Equal(Convert.ToInt32("077", 8), settings.Umask);
        Assert.Equal(7u, settings.Uid);
    }

    [Fact]
    public void ALongOptionWinsOverTheListAndTheLaterListWinsOverTheEarlier()
    {
        Assert.Equal(1L << 20, Parse("-o", "cache-size=3M", "--cache-size", "1M").Settings.CacheBytes);
        Assert.Equal(4L << 20, Parse("-o", "cache-size=3M", "-o", "cache-size=4M").Settings.CacheBytes);
    }

    [Fact]
    public void AnOverlayMayBeTheUsersOwnOrAFolder()
    {
        Assert.Equal((true, null), (Parse("--overlay", "auto").Settings.Overlay, Parse("--overlay", "auto").Settings.OverlayFolder));
        Assert.Equal("/scratch", Parse("-o", "overlay=/scratch").Settings.OverlayFolder);
    }

    [Fact]
    public void ADiskCacheInAListHasAColon() =>
        Assert.Equal(
            Parse("--disk-cache", "/scratch/b:1,2GiB").Settings.DiskCache, Parse("-o", "quiet,disk_cache=/scratch/b:1:2GiB").Settings.DiskCache);

    [Fact]
    public void FilesAreMadeAbsoluteBeforeTheDaemonLeavesItsDirectory() =>
        Assert.Equal(Path.GetFullPath("token"), Parse("--token-file", "token").Settings.TokenFile);

    [Fact]
    public void TheOptionsOfMountProgramsChangeNothing() => Assert.Equal(Text(Parse()), Text(Parse("-o", "rw,_netdev,nofail,x-systemd.automount")));

    [Theory]
    [InlineData("misssing=zeros", "did you mean missing?")]
    [InlineData("frobnicate", "--help")]
    [InlineData("missing=maybe", "'maybe' is not one of zeros, absent")]
    [InlineData("missing", "-o missing needs a value")]
    [InlineData("allow_other=yes", "-o allow-other takes no value")]
    [InlineData("cache-size=lots", "-o cache-size: 'lots' is not a size")]
    [InlineData("umask=999", "octal")]
    [InlineData("uid=root", "numeric")]
    [InlineData("token-file=", "empty")]
    public void AWrongListSaysWhatIsWrong(string list, string expected)
    {
        DataStoreException fault = Assert.Throws<DataStoreException>(() => Parse("-o", list));
        Assert.Equal(DataStoreErrorKind.Usage, fault.Kind);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void AWrongLongOptionIsNamedAsItWasWritten() => Assert.StartsWith(
        "--timeout: 'never'", Assert.Throws<DataStoreException>(() => Parse("--timeout", "never")).Message, StringComparison.Ordinal);

    [Fact]
    public void HelpOfEveryOptionIsASentence() => Assert.All(MountOptions.All, o =>
    {
        Assert.EndsWith(".", o.Help, StringComparison.Ordinal);
        Assert.True(char.IsUpper(o.Help[0]), o.Help);
    });

    private static string Text(MountDraft draft) => $"{draft.Settings} {draft.LogFile} {draft.LogLevel} {draft.Foreground} {draft.ReadOnly}";

    private static MountDraft Parse(params string[] args)
    {
        var set = new MountOptionSet();
        var command = new RootCommand();
        set.AddTo(command);
        ParseResult parsed = command.Parse(args);
        Assert.Empty(parsed.Errors);
        var draft = new MountDraft(new MountSettings { Source = SourceAddress.Parse("http://h/datasets/u"), MountPoint = "/mnt" });
        Assert.Equal(LogLevel.Information, draft.LogLevel);
        set.Apply(parsed, draft);
        return draft;
    }
}

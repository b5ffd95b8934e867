using System.Text;
using DataStoreFS.Model;
using DataStoreFS.Overlay;
using DataStoreFS.Tests.WriteBack;
using Mono.Unix.Native;

namespace DataStoreFS.Tests.Overlay;

public sealed class OverlayStoreTests : IDisposable
{
    private const int ReadWrite = 2;
    private const int WriteOnly = 1;
    private const int Truncate = 0x200;

    private readonly TemporaryFolder _folder = new();
    private readonly LowerTreeStub _lower = new();
    private OverlayStore _store;

    public OverlayStoreTests() => _store = OverlayStore.Open(_folder.Path, _lower);

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void ANewFileIsThereAfterARemount()
    {
        Write("export.settings.xml", "<Settings/>");
        Remount();
        Assert.Equal("<Settings/>", Read("export.settings.xml"));
        Assert.Equal(["export.n5", "export.settings.xml", "export.xml"], Names(""));
    }

    [Fact]
    public void AFreshOverlayShowsTheLowerTree()
    {
        Assert.Equal(["export.n5", "export.xml"], Names(""));
        Assert.Equal((PosixErrno.None, OverlayKind.Lower), Kind("export.n5/attributes.json"));
        Assert.Equal((PosixErrno.None, OverlayKind.Missing), Kind("nothing"));
        Assert.Equal((PosixErrno.ENOENT, OverlayKind.Missing), Kind("nothing/x"));
        Assert.Equal((PosixErrno.ENOTDIR, OverlayKind.Missing), Kind("export.xml/x"));
        Assert.Equal(PosixErrno.ENOENT, _store.OpenFile("export.xml", 0, out _));
    }

    [Fact]
    public void ALowerFileIsCopiedUpWhenItIsFirstOpenedForWriting()
    {
        Ok(_store.OpenFile("export.xml", ReadWrite, out OverlayFile? file));
        using (file)
        {
            Ok(file!.Write(1, "pimDat@"u8, out _));
        }

        Assert.Equal("<pimDat@a/>", Read("export.xml"));
        Assert.Equal((PosixErrno.None, OverlayKind.Upper), Kind("export.xml"));
        Assert.Equal("<SpimData/>", LowerTreeStub.Tree["export.xml"]);
    }

    [Fact]
    public void BigStitchersBackupAndRewriteWorks()
    {
        for (int save = 0; save < 3; save++)
        {
            for (int i = 4; i >= 1; i--)
            {
                if (Kind($"export.xml~{i}").Kind != OverlayKind.Missing)
                {
                    Write($"export.xml~{i + 1}", Read($"export.xml~{i}"));
                }
            }

            Write("export.xml~1", Read("export.xml"));
            Write("export.xml", $"save {save}");
        }

        Assert.Equal("save 2", Read("export.xml"));
        Assert.Equal(["save 1", "save 0", "<SpimData/>"], Enumerable.Range(1, 3).Select(i => Read($"export.xml~{i}")));
    }

    [Fact]
    public void RemovingALowerFileHidesItAcrossRemountsUntilItIsDiscarded()
    {
        Ok(_store.RemoveFile("export.xml"));
        Remount();
        Assert.Equal(OverlayKind.Missing, Kind("export.xml").Kind);
        Assert.Equal(["export.n5"], Names(""));
        Assert.Equal(PosixErrno.ENOENT, _store.RemoveFile("export.xml"));
        Ok(_store.Discard("export.xml"));
        Assert.Equal(["export.n5", "export.xml"], Names(""));
    }

    [Fact]
    public void AChangedLowerFileThatIsRemovedStaysRemoved()
    {
        Write("export.xml", "new");
        Ok(_store.RemoveFile("export.xml"));
        Assert.Equal(OverlayKind.Missing, Kind("export.xml").Kind);
        Write("export.xml", "again");
        Ok(_store.RemoveFile("export.xml"));
        Remount();
        Assert.Equal(OverlayKind.Missing, Kind("export.xml").Kind);
    }

    [Fact]
    public void ANewFolderOverARemovedLowerOneIsEmpty()
    {
        Ok(_store.RemoveFile("export.xml"));
        Ok(_store.MakeFolder("export.xml", 0x1ED, LowerTreeStub.Owner));
        Assert.Empty(Names("export.xml"));
        Ok(_store.RemoveFolder("export.xml"));
        Assert.Equal(OverlayKind.Missing, Kind("export.xml").Kind);
        Remount();
        Assert.Equal(["export.n5"], Names(""));
    }

    [Fact]
    public void BlocksCannotBeRemovedMovedCopiedUpOrReplaced()
    {
        const string Block = "export.n5/setup0/block";
        Write("file", "x");
        Assert.Equal(PosixErrno.EPERM, _store.RemoveFile(Block));
        Assert.Equal(PosixErrno.EPERM, _store.Rename(Block, "moved", 0));
        Assert.Equal(PosixErrno.EPERM, _store.Rename("file", Block, 0));
        Assert.Equal(PosixErrno.EPERM, _store.OpenFile(Block, ReadWrite, out _));
        Assert.Equal(PosixErrno.EXDEV, _store.Rename("export.n5", "other", 0));
        Assert.Equal(PosixErrno.ENOTEMPTY, _store.RemoveFolder("export.n5/setup0"));
        Assert.Equal(OverlayKind.Lower, Kind(Block).Kind);
    }

    [Fact]
    public void RenamingALowerFileMovesItsContentAndLeavesAWhiteout()
    {
        Ok(_store.Rename("export.n5/attributes.json", "export.n5/old.json", 0));
        Remount();
        Assert.Equal(OverlayKind.Missing, Kind("export.n5/attributes.json").Kind);
        Assert.Equal("""{"n5":"2.5.1"}""", Read("export.n5/old.json"));
        Ok(_store.Rename("export.n5/old.json", "export.n5/attributes.json", 0));
        Assert.Equal(["attributes.json", "setup0"], Names("export.n5"));
    }

    [Fact]
    public void AFolderTreeMovesWithAllThatIsInItAndCoversWhatItReplaces()
    {
        Ok(_store.MakeFolder("interestpoints.n5", 0x1ED, LowerTreeStub.Owner));
        Write("interestpoints.n5/a", "1");
        Ok(_store.RemoveFile("export.xml"));
        Ok(_store.Rename("interestpoints.n5", "export.xml", 0));
        Assert.Equal(["a"], Names("export.xml"));
        Assert.Equal("1", Read("export.xml/a"));
        Remount();
        Assert.Equal(["export.n5", "export.xml"], Names(""));
    }

    [Fact]
    public void NoReplaceAndExchangeAreAsInRenameat2()
    {
        Write("a", "1");
        Write("b", "2");
        Assert.Equal(PosixErrno.EEXIST, _store.Rename("a", "b", 1));
        Assert.Equal(PosixErrno.EEXIST, _store.Rename("a", "export.xml", 1));
        Ok(_store.Rename("a", "export.xml", 2));
        Assert.Equal("<SpimData/>", Read("a"));
        Assert.Equal("1", Read("export.xml"));
        Assert.Equal(PosixErrno.ENOENT, _store.Rename("a", "nothing", 2));
        Assert.Equal(PosixErrno.EINVAL, _store.Rename("a", "c", 4));
    }

    [Fact]
    public void AnOpenFileOutlivesItsName()
    {
        Write("temporary", "1");
        Ok(_store.OpenFile("temporary", ReadWrite, out OverlayFile? file));
        using (file)
        {
            Ok(_store.RemoveFile("temporary"));
            Ok(file!.Write(1, "2"u8, out _));
            byte[] content = new byte[10];
            Ok(file.Read(0, content, out int count));
            Assert.Equal("12", Encoding.UTF8.GetString(content, 0, count));
            Ok(file.SetAttributes(new OverlayChange(Mode: 0x100, Size: 1)));
            Ok(file.GetStat(out OverlayStat stat));
            Assert.Equal((0ul, 1L, 0x8100u), (stat.Links, stat.Size, stat.Mode));
        }
    }

    [Fact]
    public void InodeNumbersStayTheSameOverRenamesAndRemounts()
    {
        Write("a", "1");
        _store.Find("a", out _, out OverlayStat before);
        Ok(_store.Rename("a", "b", 0));
        Remount();
        _store.Find("b", out _, out OverlayStat after);
        Assert.Equal(before.Inode, after.Inode);
    }

    [Fact]
    public void HardLinksShareTheirContent()
    {
        Write("a", "1");
        Ok(_store.Link("a", "b"));
        Write("b", "changed", truncate: false);
        Assert.Equal("changed", Read("a"));
        _store.Find("a", out _, out OverlayStat stat);
        Assert.Equal(2ul, stat.Links);
        Assert.Equal(PosixErrno.EPERM, _store.Link("export.n5", "c"));
    }

    [Fact]
    public void ModesOwnersTimesAndSizesAreKept()
    {
        Ok(_store.CreateFile("a", WriteOnly, 0x8000 | 0x1B6, LowerTreeStub.Owner, out OverlayFile? file)); // 0666: the kernel has applied the umask
        file!.Dispose();
        Ok(_store.SetAttributes("a", new OverlayChange(Mode: 0x9E8, Size: 10, Accessed: new OverlayTime(1, 2), Modified: new OverlayTime(-5, 999_999_999))));
        _store.Find("a", out _, out OverlayStat stat);
        Assert.Equal((0x89E8u, 10L, new OverlayTime(1, 2), new OverlayTime(-5, 999_999_999)), (stat.Mode, stat.Size, stat.Accessed, stat.Modified));
        Ok(_store.SetAttributes("export.n5", new OverlayChange(Mode: 0x1C0)));
        Remount();
        Assert.Equal(OverlayKind.Merged, Kind("export.n5").Kind);
        _store.Find("export.n5", out _, out stat);
        Assert.Equal(0x41C0u, stat.Mode);
        Assert.Equal(["attributes.json", "setup0"], Names("export.n5"));
    }

    [Fact]
    public void SymbolicLinksAreKeptAndNeverFollowed()
    {
        using TemporaryFolder outside = new();
        File.WriteAllText(Path.Combine(outside.Path, "secret"), "secret");
        Ok(_store.MakeSymlink("link", outside.Path, LowerTreeStub.Owner));
        Ok(_store.MakeSymlink("file", Path.Combine(outside.Path, "secret"), LowerTreeStub.Owner));
        Ok(_store.ReadLink("link", out byte[] target));
        Assert.Equal(outside.Path, Encoding.UTF8.GetString(target));
        Assert.Equal(PosixErrno.ENOTDIR, _store.CreateFile("link/new", WriteOnly, 0x1A4, LowerTreeStub.Owner, out _));
        Assert.Equal(PosixErrno.ENOTDIR, _store.RemoveFile("link/secret"));
        Assert.Equal(PosixErrno.ELOOP, _store.OpenFile("file", ReadWrite | Truncate, out _));
        Ok(_store.SetAttributes("file", new OverlayChange(Modified: new OverlayTime(1, 0))));
        Assert.NotEqual(1, new DateTimeOffset(File.GetLastWriteTimeUtc(Path.Combine(outside.Path, "secret"))).ToUnixTimeSeconds());
        Assert.Equal("secret", File.ReadAllText(Path.Combine(outside.Path, "secret")));
        Assert.Equal(["secret"], Directory.GetFiles(outside.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void AFolderThatBecameALinkBehindOurBackLeadsNowhere()
    {
        using TemporaryFolder outside = new();
        Ok(_store.MakeFolder("d", 0x1ED, LowerTreeStub.Owner));
        string upper = Path.Combine(_folder.Path, "upper", "d");
        Directory.Delete(upper);
        File.CreateSymbolicLink(upper, outside.Path);
        Assert.Equal(PosixErrno.ENOTDIR, _store.CreateFile("d/x", WriteOnly, 0x1A4, LowerTreeStub.Owner, out _));
        Ok(_store.RemoveFile("d"));
        Assert.Empty(Directory.GetFileSystemEntries(outside.Path));
        Assert.True(Directory.Exists(outside.Path));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("export.n5/../../x")]
    [InlineData("a//b")]
    [InlineData("/etc")]
    [InlineData(".")]
    [InlineData("a\0b")]
    [InlineData("a/")]
    public void NamesThatAreNoNamesAreRefused(string path)
    {
        Assert.Equal(PosixErrno.EINVAL, _store.CreateFile(path, WriteOnly, 0x1A4, LowerTreeStub.Owner, out _));
        Assert.Equal(PosixErrno.EINVAL, _store.MakeFolder(path, 0x1ED, LowerTreeStub.Owner));
        Assert.Equal(PosixErrno.EINVAL, _store.Rename("export.xml", path, 0));
        Assert.Equal(PosixErrno.EINVAL, _store.Find(path, out _, out _));
    }

    [Fact]
    public void NamesOfTheOverlaysOwnMarksAreOrdinaryNames()
    {
        foreach (string name in new[] { ".dsfs.w.export.xml", ".dsfs.opaque", ".dsfs.e.x", ".dsfs." })
        {
            Write(name, name);
            Assert.Equal(name, Read(name));
        }

        Assert.Contains("export.xml", Names(""));
        Assert.Contains(".dsfs.opaque", Names(""));
        Remount();
        Ok(_store.RemoveFile(".dsfs.w.export.xml"));
        Assert.Contains("export.xml", Names(""));
        Assert.Equal(PosixErrno.ENAMETOOLONG, _store.MakeFolder(new string('n', 256), 0x1ED, LowerTreeStub.Owner));
        Ok(_store.MakeFolder(new string('n', 255), 0x1ED, LowerTreeStub.Owner));
    }

    [Fact]
    public void PipesAndExtendedAttributesWork()
    {
        Ok(_store.MakeNode("pipe", 0x1000 | 0x1A4, 0, LowerTreeStub.Owner));
        _store.Find("pipe", out _, out OverlayStat stat);
        Assert.Equal(0x1000u | 0x1A4, stat.Mode);
        Assert.Equal(PosixErrno.EINVAL, _store.OpenFile("pipe", 0, out _));

        Assert.Equal(PosixErrno.ENODATA, _store.GetXattr("export.xml", "user.note", out _));
        Ok(_store.SetXattr("export.xml", "user.note", "hello"u8.ToArray(), 0));
        Ok(_store.GetXattr("export.xml", "user.note", out byte[] value));
        Assert.Equal("hello"u8.ToArray(), value);
        Ok(_store.ListXattr("export.xml", out IReadOnlyList<string> names));
        Assert.Equal(["user.note"], names);
        Assert.Equal("<SpimData/>", Read("export.xml"));
        Assert.Equal(PosixErrno.EEXIST, _store.SetXattr("export.xml", "user.note", default, 1));
        Ok(_store.RemoveXattr("export.xml", "user.note"));
        Assert.Equal(PosixErrno.ENODATA, _store.RemoveXattr("export.xml", "user.note"));
        Assert.Equal(PosixErrno.ENOTSUP, _store.SetXattr("export.xml", "system.posix_acl_access", default, 0));
    }

    [Fact]
    public void FallocateMakesRoomAndPunchesHoles()
    {
        Write("a", new string('x', 8192));
        Ok(_store.OpenFile("a", ReadWrite, out OverlayFile? file));
        using (file)
        {
            Ok(file!.Allocate(0, 0, 16384));
            Ok(file.GetStat(out OverlayStat stat));
            Assert.Equal(16384, stat.Size);
            Ok(file.Allocate(3, 0, 4096)); // FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE
            byte[] first = new byte[1];
            Ok(file.Read(0, first, out _));
            Assert.Equal(0, first[0]);
            Ok(file.Sync(dataOnly: true));
        }

        Ok(_store.GetSpace(out OverlaySpace space));
        Assert.True(space.BlockSize > 0 && space.Blocks > 0);
    }

    [Fact]
    public void TheReportNamesWhatWasAddedChangedAndRemoved()
    {
        Write("export.settings.xml", "s");
        Write("export.n5/setup0/extra", "e");
        Write("export.xml", "changed");
        Ok(_store.RemoveFile("export.n5/attributes.json"));
        Ok(_store.MakeFolder("d", 0x1ED, LowerTreeStub.Owner));
        Write("d/x", "1");
        Assert.Equal(
            [
                ("d", OverlayDifference.Added), ("d/x", OverlayDifference.Added), ("export.n5/attributes.json", OverlayDifference.Removed),
                ("export.n5/setup0/extra", OverlayDifference.Added), ("export.settings.xml", OverlayDifference.Added), ("export.xml", OverlayDifference.Changed),
            ],
            OverlayReport.Items(_store, _lower).Select(i => (i.Path, i.Difference)));
    }

    [Fact]
    public void DifferencesAreShownForTextAndNamedForEverythingElse()
    {
        Write("export.xml", "<SpimData>\n");
        Write("export.n5/attributes.json", "\u001b[2J");
        Write("new", "n");
        Ok(_store.RemoveFile("export.n5/setup0/attributes.json"));
        Assert.Equal(
            """
            Differs, and is no text or too large to show: export.n5/attributes.json
            Removed: export.n5/setup0/attributes.json
            --- dataset/export.xml
            +++ overlay/export.xml
            @@ -1,1 +1,1 @@
            -<SpimData/>
            \ No newline at end of file
            +<SpimData>
            Only in the overlay: new

            """,
            OverlayDiff.Write(_store, _lower, OverlayReport.Items(_store, _lower)));
    }

    [Fact]
    public void DiscardingEverythingShowsTheLowerTreeAgain()
    {
        Write("export.xml", "changed");
        Write("export.settings.xml", "new");
        Ok(_store.RemoveFile("export.n5/attributes.json"));
        Ok(_store.RemoveFile("export.n5/setup0/attributes.json"));
        Ok(_store.Discard(""));
        Assert.Empty(OverlayReport.Items(_store, _lower));
        Assert.Equal(["export.n5", "export.xml"], Names(""));
        Assert.Equal((PosixErrno.None, OverlayKind.Lower), Kind("export.n5/setup0/attributes.json"));
    }

    [Fact]
    public void WithoutItsDatasetAnOverlayIsListedAndDiscarded()
    {
        Write("export.xml", "changed");
        Ok(_store.RemoveFile("export.n5/attributes.json"));
        Assert.False(_store.IsShared);
        NoLowerTree none = new();
        using OverlayStore alone = OverlayStore.Open(_folder.Path, none);
        Assert.True(alone.IsShared);
        Assert.Equal(
            [("export.n5", "folder"), ("export.n5/attributes.json", "file"), ("export.xml", "file")],
            OverlayReport.Items(alone, none).Select(i => OverlayLine.Of(i, none)).Select(l => (l.Path, l.Kind)));
        Ok(alone.Discard("export.n5/attributes.json"));
        Ok(alone.Discard("export.xml"));
        Assert.Empty(OverlayReport.Items(_store, _lower));
    }

    [Fact]
    public void WhatACrashLeftInTheWorkFolderIsRemovedByTheNextMount()
    {
        _store.Dispose();
        string left = Path.Combine(_folder.Path, "work", "1-2-3");
        Directory.CreateDirectory(Path.Combine(left, "deep", "er"));
        File.WriteAllText(Path.Combine(left, "deep", "file"), "x");
        _store = OverlayStore.Open(_folder.Path, _lower);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_folder.Path, "work")));
        string inUse = Path.Combine(_folder.Path, "work", "9-9-9");
        File.WriteAllText(inUse, "x");
        using OverlayStore second = OverlayStore.Open(_folder.Path, _lower);
        Assert.True(File.Exists(inUse)); // another mount is alive
    }

    [Fact]
    public void AFileInTheWayOfTheFolderIsAClearError()
    {
        string path = Path.Combine(_folder.Path, "plain");
        File.WriteAllText(path, "");
        DataStoreException fault = Assert.Throws<DataStoreException>(() => OverlayStore.Open(path, _lower));
        Assert.Contains("--overlay", fault.Message, StringComparison.Ordinal);
    }

    private static void Ok(int error) => Assert.True(error == 0, $"{NativeConvert.ToErrno(error == 0 ? 1 : error)}");

    private void Remount()
    {
        _store.Dispose();
        _store = OverlayStore.Open(_folder.Path, _lower);
    }

    private (int Error, OverlayKind Kind) Kind(string path) => (_store.Find(path, out OverlayKind kind, out _), kind);

    private IEnumerable<string> Names(string path)
    {
        Ok(_store.List(path, out OverlayListing listing));
        return listing.Merge(_lower.TryGet(path, out _) ? _lower.List(path) : []).Order(StringComparer.Ordinal);
    }

    private void Write(string path, string text, bool truncate = true)
    {
        OverlayFile? file;
        if (Kind(path).Kind == OverlayKind.Missing)
        {
            Ok(_store.CreateFile(path, WriteOnly, 0x1A4, LowerTreeStub.Owner, out file));
        }
        else
        {
            Ok(_store.OpenFile(path, WriteOnly | (truncate ? Truncate : 0), out file));
        }

        using (file)
        {
            Ok(file!.Write(0, Encoding.UTF8.GetBytes(text), out _));
        }
    }

    private string Read(string path)
    {
        if (Kind(path).Kind == OverlayKind.Lower)
        {
            return LowerTreeStub.Tree[path]!;
        }

        Ok(_store.OpenFile(path, 0, out OverlayFile? file));
        using (file)
        {
            byte[] content = new byte[1 << 16];
            Ok(file!.Read(0, content, out int count));
            return Encoding.UTF8.GetString(content, 0, count);
        }
    }
}

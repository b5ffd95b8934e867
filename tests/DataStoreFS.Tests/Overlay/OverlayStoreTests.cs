using System.Text;
using DataStoreFS.Model;
using DataStoreFS.Overlay;

namespace DataStoreFS.Tests.Overlay;

public sealed class OverlayStoreTests : OverlayTest
{
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
        Assert.Equal(PosixErrno.ENOENT, Store.OpenFile("export.xml", 0, out _));
    }

    /// <summary>close(2) of any descriptor gives up the process's record locks on the file: so a lock tells that there was one.</summary>
    [Fact]
    public void AFlushClosesADescriptorSoThatItsErrorsAreHeard()
    {
        Write("a", "a");
        Ok(Store.OpenFile("a", ReadWrite, out OverlayFile? file));
        using (file)
        {
            using FileStream other = File.OpenWrite(Path.Join(Folder.Path, "upper", "a"));
            Ok(file!.GetStat(out OverlayStat stat));
            string end = $":{stat.Inode} ";
            other.Lock(0, 1);
            Assert.True(IsLocked());
            Ok(file.Flush());
            Assert.False(IsLocked());
            Ok(file.Write(0, "b"u8, out _));

            bool IsLocked() => File.ReadLines("/proc/locks").Any(line =>
                line.Contains("POSIX", StringComparison.Ordinal) && line.Contains(end, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void FoldersCanBeSyncedWhereverTheyAre()
    {
        Ok(Store.MakeFolder("made", 0x1ED, LowerTreeStub.Owner));
        foreach (string path in (string[])["", "made", "export.n5", "nothing"])
        {
            Ok(Store.SyncFolder(path));
        }

        Assert.Equal(PosixErrno.ENOENT, Store.SyncFolder("nothing/x"));
    }

    [Fact]
    public void ALowerFileIsCopiedUpWhenItIsFirstOpenedForWriting()
    {
        Ok(Store.OpenFile("export.xml", ReadWrite, out OverlayFile? file));
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
        Ok(Store.RemoveFile("export.xml"));
        Remount();
        Assert.Equal(OverlayKind.Missing, Kind("export.xml").Kind);
        Assert.Equal(["export.n5"], Names(""));
        Assert.Equal(PosixErrno.ENOENT, Store.RemoveFile("export.xml"));
        Ok(Store.Discard("export.xml"));
        Assert.Equal(["export.n5", "export.xml"], Names(""));
    }

    [Fact]
    public void AChangedLowerFileThatIsRemovedStaysRemoved()
    {
        Write("export.xml", "new");
        Ok(Store.RemoveFile("export.xml"));
        Assert.Equal(OverlayKind.Missing, Kind("export.xml").Kind);
        Write("export.xml", "again");
        Ok(Store.RemoveFile("export.xml"));
        Remount();
        Assert.Equal(OverlayKind.Missing, Kind("export.xml").Kind);
    }

    [Fact]
    public void ANewFolderOverARemovedLowerOneIsEmpty()
    {
        Ok(Store.RemoveFile("export.xml"));
        Ok(Store.MakeFolder("export.xml", 0x1ED, LowerTreeStub.Owner));
        Assert.Empty(Names("export.xml"));
        Ok(Store.RemoveFolder("export.xml"));
        Assert.Equal(OverlayKind.Missing, Kind("export.xml").Kind);
        Remount();
        Assert.Equal(["export.n5"], Names(""));
    }

    [Fact]
    public void BlocksCannotBeRemovedMovedCopiedUpOrReplaced()
    {
        const string Block = "export.n5/setup0/block";
        Write("file", "x");
        Assert.Equal(PosixErrno.EPERM, Store.RemoveFile(Block));
        Assert.Equal(PosixErrno.EPERM, Store.Rename(Block, "moved", 0));
        Assert.Equal(PosixErrno.EPERM, Store.Rename("file", Block, 0));
        Assert.Equal(PosixErrno.EPERM, Store.OpenFile(Block, ReadWrite, out _));
        Assert.Equal(PosixErrno.EXDEV, Store.Rename("export.n5", "other", 0));
        Assert.Equal(PosixErrno.ENOTEMPTY, Store.RemoveFolder("export.n5/setup0"));
        Assert.Equal(OverlayKind.Lower, Kind(Block).Kind);
    }

    [Fact]
    public void RenamingALowerFileMovesItsContentAndLeavesAWhiteout()
    {
        Ok(Store.Rename("export.n5/attributes.json", "export.n5/old.json", 0));
        Remount();
        Assert.Equal(OverlayKind.Missing, Kind("export.n5/attributes.json").Kind);
        Assert.Equal("""{"n5":"2.5.1"}""", Read("export.n5/old.json"));
        Ok(Store.Rename("export.n5/old.json", "export.n5/attributes.json", 0));
        Assert.Equal(["attributes.json", "setup0"], Names("export.n5"));
    }

    [Fact]
    public void AFolderTreeMovesWithAllThatIsInItAndCoversWhatItReplaces()
    {
        Ok(Store.MakeFolder("interestpoints.n5", 0x1ED, LowerTreeStub.Owner));
        Write("interestpoints.n5/a", "1");
        Ok(Store.RemoveFile("export.xml"));
        Ok(Store.Rename("interestpoints.n5", "export.xml", 0));
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
        Assert.Equal(PosixErrno.EEXIST, Store.Rename("a", "b", 1));
        Assert.Equal(PosixErrno.EEXIST, Store.Rename("a", "export.xml", 1));
        Ok(Store.Rename("a", "export.xml", 2));
        Assert.Equal("<SpimData/>", Read("a"));
        Assert.Equal("1", Read("export.xml"));
        Assert.Equal(PosixErrno.ENOENT, Store.Rename("a", "nothing", 2));
        Assert.Equal(PosixErrno.EINVAL, Store.Rename("a", "c", 4));
    }

    [Fact]
    public void AnOpenFileOutlivesItsName()
    {
        Write("temporary", "1");
        Ok(Store.OpenFile("temporary", ReadWrite, out OverlayFile? file));
        using (file)
        {
            Ok(Store.RemoveFile("temporary"));
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
        Store.Find("a", out _, out OverlayStat before);
        Ok(Store.Rename("a", "b", 0));
        Remount();
        Store.Find("b", out _, out OverlayStat after);
        Assert.Equal(before.Inode, after.Inode);
    }

    [Fact]
    public void HardLinksShareTheirContent()
    {
        Write("a", "1");
        Ok(Store.Link("a", "b"));
        Write("b", "changed", truncate: false);
        Assert.Equal("changed", Read("a"));
        Store.Find("a", out _, out OverlayStat stat);
        Assert.Equal(2ul, stat.Links);
        Assert.Equal(PosixErrno.EPERM, Store.Link("export.n5", "c"));
    }

    [Fact]
    public void WhatACrashLeftInTheWorkFolderIsRemovedByTheNextMount()
    {
        Store.Dispose();
        string left = Path.Combine(Folder.Path, "work", "1-2-3");
        Directory.CreateDirectory(Path.Combine(left, "deep", "er"));
        File.WriteAllText(Path.Combine(left, "deep", "file"), "x");
        Store = OverlayStore.Open(Folder.Path, Lower);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Folder.Path, "work")));
        string inUse = Path.Combine(Folder.Path, "work", "9-9-9");
        File.WriteAllText(inUse, "x");
        using OverlayStore second = OverlayStore.Open(Folder.Path, Lower);
        Assert.True(File.Exists(inUse)); // another mount is alive
    }

    [Fact]
    public void AFileInTheWayOfTheFolderIsAClearError()
    {
        string path = Path.Combine(Folder.Path, "plain");
        File.WriteAllText(path, "");
        DataStoreException fault = Assert.Throws<DataStoreException>(() => OverlayStore.Open(path, Lower));
        Assert.Contains("--overlay", fault.Message, StringComparison.Ordinal);
    }
}

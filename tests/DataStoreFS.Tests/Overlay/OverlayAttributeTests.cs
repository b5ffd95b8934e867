using System.Text;
using DataStoreFS.Overlay;
using DataStoreFS.Tests.WriteBack;

namespace DataStoreFS.Tests.Overlay;

/// <summary>What is kept beside the content: modes, owners, times, links, other kinds of files, extended attributes, room.</summary>
public sealed class OverlayAttributeTests : OverlayTest
{
    [Fact]
    public void ModesOwnersTimesAndSizesAreKept()
    {
        Ok(Store.CreateFile("a", WriteOnly, 0x8000 | 0x1B6, LowerTreeStub.Owner, out OverlayFile? file)); // 0666: the kernel has applied the umask
        file!.Dispose();
        Ok(
            Store.SetAttributes(
                "a", new OverlayChange(Mode: 0x9E8, Size: 10, Accessed: new OverlayTime(1, 2), Modified: new OverlayTime(-5, 999_999_999))));
        Store.Find("a", out _, out OverlayStat stat);
        Assert.Equal((0x89E8u, 10L, new OverlayTime(1, 2), new OverlayTime(-5, 999_999_999)), (stat.Mode, stat.Size, stat.Accessed, stat.Modified));
        Ok(Store.SetAttributes("export.n5", new OverlayChange(Mode: 0x1C0)));
        Remount();
        Assert.Equal(OverlayKind.Merged, Kind("export.n5").Kind);
        Store.Find("export.n5", out _, out stat);
        Assert.Equal(0x41C0u, stat.Mode);
        Assert.Equal(["attributes.json", "setup0"], Names("export.n5"));
    }

    [Fact]
    public void SymbolicLinksAreKeptAndNeverFollowed()
    {
        using TemporaryFolder outside = new();
        File.WriteAllText(Path.Combine(outside.Path, "secret"), "secret");
        Ok(Store.MakeSymlink("link", outside.Path, LowerTreeStub.Owner));
        Ok(Store.MakeSymlink("file", Path.Combine(outside.Path, "secret"), LowerTreeStub.Owner));
        Ok(Store.ReadLink("link", out byte[] target));
        Assert.Equal(outside.Path, Encoding.UTF8.GetString(target));
        Assert.Equal(PosixErrno.ENOTDIR, Store.CreateFile("link/new", WriteOnly, 0x1A4, LowerTreeStub.Owner, out _));
        Assert.Equal(PosixErrno.ENOTDIR, Store.RemoveFile("link/secret"));
        Assert.Equal(PosixErrno.ELOOP, Store.OpenFile("file", ReadWrite | Truncate, out _));
        Ok(Store.SetAttributes("file", new OverlayChange(Modified: new OverlayTime(1, 0))));
        Assert.NotEqual(1, new DateTimeOffset(File.GetLastWriteTimeUtc(Path.Combine(outside.Path, "secret"))).ToUnixTimeSeconds());
        Assert.Equal("secret", File.ReadAllText(Path.Combine(outside.Path, "secret")));
        Assert.Equal(["secret"], Directory.GetFiles(outside.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void AFolderThatBecameALinkBehindOurBackLeadsNowhere()
    {
        using TemporaryFolder outside = new();
        Ok(Store.MakeFolder("d", 0x1ED, LowerTreeStub.Owner));
        string upper = Path.Combine(Folder.Path, "upper", "d");
        Directory.Delete(upper);
        File.CreateSymbolicLink(upper, outside.Path);
        Assert.Equal(PosixErrno.ENOTDIR, Store.CreateFile("d/x", WriteOnly, 0x1A4, LowerTreeStub.Owner, out _));
        Ok(Store.RemoveFile("d"));
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
        Assert.Equal(PosixErrno.EINVAL, Store.CreateFile(path, WriteOnly, 0x1A4, LowerTreeStub.Owner, out _));
        Assert.Equal(PosixErrno.EINVAL, Store.MakeFolder(path, 0x1ED, LowerTreeStub.Owner));
        Assert.Equal(PosixErrno.EINVAL, Store.Rename("export.xml", path, 0));
        Assert.Equal(PosixErrno.EINVAL, Store.Find(path, out _, out _));
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
        Ok(Store.RemoveFile(".dsfs.w.export.xml"));
        Assert.Contains("export.xml", Names(""));
        Assert.Equal(PosixErrno.ENAMETOOLONG, Store.MakeFolder(new string('n', 256), 0x1ED, LowerTreeStub.Owner));
        Ok(Store.MakeFolder(new string('n', 255), 0x1ED, LowerTreeStub.Owner));
    }

    [Fact]
    public void PipesAndExtendedAttributesWork()
    {
        Ok(Store.MakeNode("pipe", 0x1000 | 0x1A4, 0, LowerTreeStub.Owner));
        Store.Find("pipe", out _, out OverlayStat stat);
        Assert.Equal(0x1000u | 0x1A4, stat.Mode);
        Assert.Equal(PosixErrno.EINVAL, Store.OpenFile("pipe", 0, out _));

        Assert.Equal(PosixErrno.ENODATA, Store.GetXattr("export.xml", "user.note", out _));
        Ok(Store.SetXattr("export.xml", "user.note", "hello"u8.ToArray(), 0));
        Ok(Store.GetXattr("export.xml", "user.note", out byte[] value));
        Assert.Equal("hello"u8.ToArray(), value);
        Ok(Store.ListXattr("export.xml", out IReadOnlyList<string> names));
        Assert.Equal(["user.note"], names);
        Assert.Equal("<SpimData/>", Read("export.xml"));
        Assert.Equal(PosixErrno.EEXIST, Store.SetXattr("export.xml", "user.note", default, 1));
        Ok(Store.RemoveXattr("export.xml", "user.note"));
        Assert.Equal(PosixErrno.ENODATA, Store.RemoveXattr("export.xml", "user.note"));
        Assert.Equal(PosixErrno.ENOTSUP, Store.SetXattr("export.xml", "system.posix_acl_access", default, 0));
    }

    [Fact]
    public void FallocateMakesRoomAndPunchesHoles()
    {
        Write("a", new string('x', 8192));
        Ok(Store.OpenFile("a", ReadWrite, out OverlayFile? file));
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

        Ok(Store.GetSpace(out OverlaySpace space));
        Assert.True(space.BlockSize > 0 && space.Blocks > 0);
    }
}

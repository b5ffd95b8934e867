using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;

namespace DataStoreFS.Tests.Caching.Disk;

public sealed class DiskFolderTests : DiskTierFixture
{
    [Fact]
    public async Task WhatIsMadeIsForThisUserOnly()
    {
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 1);

        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(BlockFiles().Single())!));
        Assert.Equal(Owner, File.GetUnixFileMode(BlockFiles().Single()));
        Assert.Equal(Owner, File.GetUnixFileMode(Path.Combine(Folder, "index")));
    }

    [Fact]
    public async Task AFolderWhoseGroupMayWriteIsSharedWithTheGroup()
    {
        Directory.CreateDirectory(Folder);
        const UnixFileMode Shared = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        const UnixFileMode SharedFolder = Shared | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.SetGroup;
        File.SetUnixFileMode(Folder, SharedFolder);
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 1);

        Assert.Equal(SharedFolder, File.GetUnixFileMode(Path.GetDirectoryName(BlockFiles().Single())!));
        Assert.Equal(Shared, File.GetUnixFileMode(BlockFiles().Single()));
        Assert.Equal(Shared, File.GetUnixFileMode(Path.Combine(Folder, "index")));
    }

    [Fact]
    public void AFolderInWhichAnybodyMayReplaceFilesIsRefused()
    {
        Directory.CreateDirectory(Folder);
        File.SetUnixFileMode(Folder, (UnixFileMode)0x1ff);

        DataStoreException refusal = Assert.Throws<DataStoreException>(() => Open());

        Assert.Contains("every user of this machine may replace files in it", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Fact]
    public async Task InAPublicFolderEveryUserHasOneOfTheirOwn()
    {
        Directory.CreateDirectory(Folder);
        File.SetUnixFileMode(Folder, (UnixFileMode)0x1ff | UnixFileMode.StickyBit);
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 1);

        string own = Assert.Single(Directory.GetDirectories(Folder));
        Assert.StartsWith("datastorefs-", Path.GetFileName(own), StringComparison.Ordinal);
        Assert.Equal((UnixFileMode)0x1c0, File.GetUnixFileMode(own));
    }

    [Fact]
    public void AFolderThatOthersPreparedInAPublicFolderIsRefused()
    {
        Directory.CreateDirectory(Folder);
        File.SetUnixFileMode(Folder, (UnixFileMode)0x1ff | UnixFileMode.StickyBit);
        string trap = Path.Combine(Folder, $"datastorefs-{DiskSyscalls.EffectiveUser()}");
        Directory.CreateDirectory(trap);
        File.SetUnixFileMode(trap, (UnixFileMode)0x1ff);

        Assert.Throws<DataStoreException>(() => Open());
    }

    [Fact]
    public void ALinkIsRefusedWithTheReason()
    {
        string target = Folder + "-target";
        Directory.CreateDirectory(target);
        Directory.CreateSymbolicLink(Folder, target);
        try
        {
            DataStoreException refusal = Assert.Throws<DataStoreException>(() => Open());
            Assert.Contains("symbolic link", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(Folder);
            Directory.Delete(target, true);
        }
    }

    [Fact]
    public void AFileInTheWayIsRefusedWithTheReason()
    {
        File.WriteAllText(Folder, "");
        try
        {
            DataStoreException refusal = Assert.Throws<DataStoreException>(() => Open());
            Assert.Contains($"'{Folder}' as the disk cache: it is a file", refusal.Message, StringComparison.Ordinal);
            Assert.Equal(DataStoreErrorKind.Local, refusal.Kind);
        }
        finally
        {
            File.Delete(Folder);
        }
    }
}

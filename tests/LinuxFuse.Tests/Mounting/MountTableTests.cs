using LinuxFuse.Mounting;

namespace LinuxFuse.Tests.Mounting;

public class MountTableTests
{
    [Fact]
    public void ALineWithAnyNumberOfOptionalFieldsIsUnderstood()
    {
        const string line = "36 35 0:52 / /mnt/a\\040b rw,noatime shared:1 master:2 - fuse.hello src\\040x rw,user_id=0";
        Assert.Equal(new MountTable("/mnt/a b", "0:52", "fuse.hello"), MountTable.Parse(line));
        Assert.Equal(new MountTable("/", "8:1", "ext4"), MountTable.Parse("1 0 8:1 / / rw - ext4 /dev/sda1 rw"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("36 35")]
    [InlineData("36 35 0:52 / /mnt rw shared:1")]
    [InlineData("36 35 0:52 / /mnt rw -")]
    public void OtherLinesAreNone(string line) => Assert.Null(MountTable.Parse(line));

    [Theory]
    [InlineData("fuse", true)]
    [InlineData("fuse.sshfs", true)]
    [InlineData("fuseblk", true)]
    [InlineData("fusectl", false)]
    [InlineData("ext4", false)]
    public void OnlyFuseTypesAreFuse(string type, bool isFuse) => Assert.Equal(isFuse, new MountTable("/", "0:1", type).IsFuse);

    [Fact]
    public void TheRootIsMountedAndItsNeighbourIsNot()
    {
        Assert.NotNull(MountTable.Find("/"));
        Assert.Null(MountTable.Find("/no/such/mount"));
    }
}

using DataStoreFS.Cli.Trees;

namespace Integration.Trees;

public sealed class MountedAtTests
{
    private static readonly string[] s_table =
    [
        "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
        "50 22 0:40 / /mnt/data ro,nosuid,nodev - fuse.datastorefs http://server:9080/datasets/u rw,user_id=0",
        @"51 22 0:41 / /mnt/a\040b rw,nosuid - fuse.davfs https://ann:secret@server/dav rw,user=ann",
        "52 22 0:42 / /mnt/data/inner rw - tmpfs tmpfs rw",
        "53 22 0:43 / /over rw - ext4 /dev/vdb rw",
        "54 53 0:44 / /over ro master:7 - fuse.sshfs ann@server:/x rw",
        "a broken line",
    ];

    [Theory]
    [InlineData("/", "/", "ext4", "rw,relatime")]
    [InlineData("/mnt/database", "/", "ext4", "rw,relatime")]
    [InlineData("/mnt/data", "/mnt/data", "fuse.datastorefs", "ro,nosuid,nodev")]
    [InlineData("/mnt/data/export.n5/setup0", "/mnt/data", "fuse.datastorefs", "ro,nosuid,nodev")]
    [InlineData("/mnt/data/inner/x", "/mnt/data/inner", "tmpfs", "rw")]
    [InlineData("/mnt/a b/x", "/mnt/a b", "fuse.davfs", "rw,nosuid")]
    [InlineData("/over/x", "/over", "fuse.sshfs", "ro")]
    public void ThePathLiesInTheDeepestAndLatestMount(string path, string at, string type, string options) =>
        Assert.Equal(new MountedAt(at, type, options), MountedAt.Of(path, s_table));

    [Fact]
    public void OurOwnMountsAreNamedAsTheyAreCalled() => Assert.Equal(
        ["/mnt/data", "/mnt/c d"], MountedAt.Ours([.. s_table, @"60 22 0:50 / /mnt/c\040d ro - fuse.datastorefs http://h rw"]));

    [Fact]
    public void NothingOfASourceIsKept() =>
        Assert.DoesNotContain("secret", MountedAt.Of("/mnt/a b", s_table).ToString(), StringComparison.Ordinal);

    [Fact]
    public void TheKernelsOwnTableIsRead() => Assert.Equal("proc", MountedAt.Of("/proc/self").Type);
}

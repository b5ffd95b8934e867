using System.Text;
using DataStoreFS.Tree;

namespace DataStoreFS.Tests.Tree;

public sealed class VolumeTreeTests
{
    [Fact]
    public void WhatAListingNamesALookupFindsAndItIsTheSameNode()
    {
        Random random = new(7);
        byte[] name = new byte[NodeNames.MaximumLength];
        for (int round = 0; round < 20; round++)
        {
            VolumeTree tree = TestVolumes.Tree(TestVolumes.Random(random));
            for (int i = 0; i < 300; i++)
            {
                Assert.True(tree.TryResolve(tree.FirstId + (ulong)random.NextInt64((long)tree.Codec.Count), out Node node));
                for (long c = 0; c < Math.Min(20, tree.ChildCount(node)); c++)
                {
                    Node child = tree.ChildAt(node, c);
                    int length = tree.WriteName(child, name);
                    Assert.True(tree.TryFind(node, name.AsSpan(0, length), out Node found), tree.PathOf(child));
                    Assert.Equal(child, found);
                }
            }
        }
    }

    [Theory]
    [InlineData("export.n5/setup0/timepoint3/s0/2/2/2", 16 + (22 * 2 * 8 * 2))]
    [InlineData("export.n5/setup4/timepoint9/s1/0/0/0", 16 + (64 * 64 * 16 * 2))]
    public void ABlockFileIsItsHeaderAndItsClippedVoxels(string path, long size)
    {
        VolumeTree tree = TestVolumes.Tree(TestVolumes.Small());
        Assert.Equal(size, tree.SizeOf(Walk(tree, path)));
        Assert.Equal(path, tree.PathOf(Walk(tree, path)));
    }

    [Theory]
    [InlineData("export.n5/setup1")] // not an id of this dataset
    [InlineData("export.n5/setup00")]
    [InlineData("export.n5/setup")]
    [InlineData("export.n5/setup-0")]
    [InlineData("export.n5/Setup0")]
    [InlineData("export.n5/setup4294967296")]
    [InlineData("export.n5/attributes_cache.json")]
    [InlineData("export.n5/setup0/timepoint0")]
    [InlineData("export.n5/setup0/timepoint03")]
    [InlineData("export.n5/setup4/timepoint3/s2")] // setup 4 has two levels
    [InlineData("export.n5/setup0/timepoint3/s0/3")]
    [InlineData("export.n5/setup0/timepoint3/s0/-1")]
    [InlineData("export.n5/setup0/timepoint3/s0/+1")]
    [InlineData("export.n5/setup0/timepoint3/s0/01")]
    [InlineData("export.n5/setup0/timepoint3/s0/ 1")]
    [InlineData("export.n5/setup0/timepoint3/s0/1.0")]
    [InlineData("export.n5/setup0/timepoint3/s0/1/3")]
    [InlineData("export.n5/setup0/timepoint3/s0/1/1/3")]
    [InlineData("export.n5/setup0/timepoint3/s0/1/1/99999999999999999999")]
    [InlineData("export.n5/setup0/timepoint3/s0/1/1/attributes.json")]
    [InlineData("export.n5/setup0/timepoint3/s0/1/1/0/x")]
    [InlineData("export.settings.xml")]
    [InlineData("..")]
    public void NamesThatAreNotOfThisTreeAreNotFound(string path)
    {
        VolumeTree tree = TestVolumes.Tree(TestVolumes.Small());
        string[] steps = path.Split('/');
        Node parent = Walk(tree, string.Join('/', steps[..^1]));
        Assert.False(tree.TryFind(parent, Encoding.ASCII.GetBytes(steps[^1]), out _));
    }

    [Fact]
    public void LinkCountsAreThoseOfALocalFileSystem()
    {
        VolumeTree tree = TestVolumes.Tree(TestVolumes.Small());
        Assert.Equal(3, tree.LinksOf(Walk(tree, "")));
        Assert.Equal(4, tree.LinksOf(Walk(tree, "export.n5")));
        Assert.Equal(5, tree.LinksOf(Walk(tree, "export.n5/setup0")));
        Assert.Equal(5, tree.LinksOf(Walk(tree, "export.n5/setup0/timepoint3")));
        Assert.Equal(5, tree.LinksOf(Walk(tree, "export.n5/setup0/timepoint3/s0")));
        Assert.Equal(5, tree.LinksOf(Walk(tree, "export.n5/setup0/timepoint3/s0/0")));
        Assert.Equal(2, tree.LinksOf(Walk(tree, "export.n5/setup0/timepoint3/s0/0/0")));
        Assert.Equal(1, tree.LinksOf(Walk(tree, "export.n5/setup0/timepoint3/s0/0/0/0")));
    }

    [Fact]
    public void TheTopIsTheRootOfTheMountAndOtherIdsResolveToNothing()
    {
        VolumeTree tree = TestVolumes.Tree(TestVolumes.Small());
        Assert.True(tree.TryResolve(NodeIds.Root, out Node top));
        Assert.Equal(NodeKind.Top, top.Kind);
        Assert.False(tree.TryResolve(0, out _));
        Assert.False(tree.TryResolve(NodeIds.FirstTableNode, out _));
        Assert.False(tree.TryResolve(NodeIds.Root + tree.Codec.Count, out _));
    }

    internal static Node Walk(VolumeTree tree, string path)
    {
        Node node = new(NodeKind.Top);
        foreach (string step in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.True(tree.TryFind(node, Encoding.ASCII.GetBytes(step), out node), path);
        }

        return node;
    }
}

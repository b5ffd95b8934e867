using System.Text;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Mounted;

/// <summary>What only a real kernel can show: that its caches hold, and that notifications empty them.</summary>
public class CachingTests
{
    [FuseFact]
    public async Task CachedPagesStayUntilTheyAreInvalidated()
    {
        ChangingFileSystem fileSystem = new() { Content = "old" };
        await using TempMount mount = await TempMount.CreateAsync(fileSystem);
        Assert.Equal("old", await File.ReadAllTextAsync(mount["f"]));
        fileSystem.Content = "new";
        Assert.Equal("old", await File.ReadAllTextAsync(mount["f"]));
        mount.Mount.Notifier.InvalidateInode(new(2));
        await mount.Mount.Notifier.FlushAsync();
        Assert.Equal("new", await File.ReadAllTextAsync(mount["f"]));
    }

    [FuseFact]
    public async Task AMissingNameAppearsWhenItsEntryIsInvalidated()
    {
        ChangingFileSystem fileSystem = new();
        await using TempMount mount = await TempMount.CreateAsync(fileSystem);
        Assert.False(File.Exists(mount["f"]));
        fileSystem.Content = "here";
        Assert.False(File.Exists(mount["f"]));
        mount.Mount.Notifier.InvalidateEntry(NodeId.Root, "f"u8);
        await mount.Mount.Notifier.FlushAsync();
        Assert.True(File.Exists(mount["f"]));
    }

    [FuseFact]
    public async Task AnEpochMakesAllNamesBeAskedForAgain()
    {
        ChangingFileSystem fileSystem = new();
        await using TempMount mount = await TempMount.CreateAsync(fileSystem);
        Assert.False(File.Exists(mount["f"]));
        fileSystem.Content = "here";
        if (!mount.Mount.Notifier.IncrementEpoch())
            mount.Mount.Notifier.InvalidateEntry(NodeId.Root, "f"u8);
        await mount.Mount.Notifier.FlushAsync();
        Assert.True(File.Exists(mount["f"]));
    }

    [FuseFact]
    public async Task StoredPagesAreReadWithoutAReadAndCanBeRetrieved()
    {
        ChangingFileSystem fileSystem = new() { Content = "old" };
        await using TempMount mount = await TempMount.CreateAsync(fileSystem);
        Assert.Equal(3, new FileInfo(mount["f"]).Length);
        await using FileStream file = File.OpenRead(mount["f"]);
        mount.Mount.Notifier.Store(new(2), 0, "put"u8.ToArray());
        await mount.Mount.Notifier.FlushAsync();
        Assert.Equal("put", await new StreamReader(file).ReadToEndAsync());
        Assert.Equal(0, mount.Mount.Statistics[FuseOpcode.Read]);
        Assert.Equal("put", Encoding.ASCII.GetString(await mount.Mount.Notifier.RetrieveAsync(new(2), 0, 3).WaitAsync(TimeSpan.FromSeconds(20))));
    }

    [FuseFact]
    public async Task ABackingFileServesReadsWithoutTheDaemon()
    {
        string backing = Path.Combine(Path.GetTempPath(), $"linuxfuse-backing-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(backing, "from below");
        try
        {
            ChangingFileSystem fileSystem = new() { Content = "0123456789" };
            await using TempMount mount = await TempMount.CreateAsync(
                fileSystem, TempMount.Options with { Requested = FuseCapabilities.Passthrough });
            if (!mount.Mount.Kernel.Has(FuseCapabilities.Passthrough))
                return;
            using (Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(backing))
                fileSystem.Backing = mount.Mount.OpenBacking(handle);
            Assert.Equal("from below", await File.ReadAllTextAsync(mount["f"]));
            Assert.Equal(0, mount.Mount.Statistics[FuseOpcode.Read]);
            fileSystem.Backing.Dispose();
        }
        finally
        {
            File.Delete(backing);
        }
    }

    /// <summary>One file, which may be missing, cached for ever.</summary>
    private sealed class ChangingFileSystem : FuseFileSystem
    {
        private static readonly FuseAttr s_root = new() { Inode = 1, Type = FileType.Directory, Permissions = 0b111_101_101 };

        private volatile string? _content;

        public string? Content { get => _content; set => _content = value; }

        public BackingFile? Backing { get; set; }

        private FuseAttr File => new() { Inode = 2, Type = FileType.Regular, Permissions = 0b110_100_100, Size = _content!.Length };

        protected internal override ValueTask<Errno> LookupAsync(LookupOp op) => new(_content is null
            ? op.ReplyMissing(TimeSpan.MaxValue)
            : op.Reply(new FuseEntry(new(2), File, TimeSpan.MaxValue)));

        protected internal override ValueTask<Errno> GetAttrAsync(GetAttrOp op) =>
            new(op.Reply(op.Node == NodeId.Root ? s_root : File, TimeSpan.MaxValue));

        protected internal override ValueTask<Errno> OpenAsync(OpenOp op) =>
            new(Backing is { } backing ? op.Reply(default, OpenReply.None, backing) : op.Reply(default, OpenReply.KeepCache));

        protected internal override ValueTask<Errno> ReadAsync(ReadOp op)
        {
            byte[] bytes = Encoding.ASCII.GetBytes(_content!);
            int start = (int)Math.Min(op.Offset, bytes.Length);
            return new(op.Reply(bytes.AsSpan(start, Math.Min(op.Size, bytes.Length - start))));
        }
    }
}

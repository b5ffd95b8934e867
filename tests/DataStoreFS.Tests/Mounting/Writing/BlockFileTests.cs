using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Mounting.Files;
using DataStoreFS.Mounting.Writing;
using DataStoreFS.N5;
using DataStoreFS.Overlay;
using DataStoreFS.Remote;
using DataStoreFS.Tests.WriteBack;
using DataStoreFS.Tree;
using DataStoreFS.Views;
using DataStoreFS.WriteBack;
using LinuxFuse;
using LinuxFuse.Protocol;
using LinuxFuse.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataStoreFS.Tests.Mounting.Writing;

/// <summary>
/// Handles of one block file, in orders that a kernel produces only now and then: RELEASE comes when close() has had its answer long since.
/// </summary>
public sealed class BlockFileTests : IAsyncLifetime
{
    private const OpenFlags ForWriting = OpenFlags.ReadWrite | OpenFlags.Create;

    private static readonly Node s_node = Node.Of(TestVolume.Key(1));

    private readonly TemporaryFolder _folder = new();
    private readonly NativeBlockPool _pool = new();
    private readonly ScriptedWriter _server = new();
    private readonly BlockWriteBuffers _buffers = new();
    private readonly BlockStore _store = new(new BlockStoreOptions { CacheBytes = 1 << 20 });
    private readonly DataStoreClient _client;
    private readonly WriteBackEngine _engine;
    private readonly TreeContext _context;
    private readonly OverlayStore _overlay;
    private readonly BlockWriting _writing;

    public BlockFileTests()
    {
        VolumeInfo volume = TestVolume.Create();
        _client = new DataStoreClient("http://127.0.0.1:9", _pool);
        _store.AddVolume(volume, _client);
        WriteBackOptions options = new()
        {
            JournalFolder = _folder.Path,
            Server = "http://127.0.0.1:9",
            Mode = WriteBackMode.Through,
            Upload = new UploadSettings { GiveUpAfter = TimeSpan.Zero },
        };
        _engine = WriteBackEngine.Open(options, _server, _store, _pool, null, NullLogger.Instance);
        _engine.Add(volume);
        _store.Writes = _engine;
        MountSettings settings = new()
        {
            Source = new SourceAddress("http://127.0.0.1:9", volume.Uuid, "0"),
            MountPoint = "/nowhere",
            ReadWrite = true,
        };
        VolumeTree tree = new(volume, new VolumeFiles(new N5View(volume), default));
        MountState state = MountState.Create(MountSettings.Never, MountSettings.Never, NullLogger.Instance);
        _context = new(tree, _store, settings, state) { Written = _buffers };
        _overlay = OverlayStore.Open(Path.Join(_folder.Path, "overlay"), new OverlayLower(tree, _context.Attributes));
        _writing = new BlockWriting(_context, new BlockReader(_context), _engine, _pool, NullLogger.Instance);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _overlay.Dispose();
        await _engine.DisposeAsync();
        await _store.DisposeAsync();
        await _client.DisposeAsync();
        Assert.Equal(0, _pool.Rented);
        _pool.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task ReleaseDoesNotSendWhatAnotherHandleHasWrittenInPart()
    {
        BlockFile first = Open();
        Write(5, 0, 144);
        Assert.Equal(Errno.OK, await first.FlushAsync(CancellationToken.None));

        BlockFile second = Open();
        Write(6, 80, 144);
        await first.ReleaseAsync();
        Assert.Single(_server.Calls);

        Write(6, 0, 80);
        Assert.Equal(Errno.OK, await second.FlushAsync(CancellationToken.None));
        await second.ReleaseAsync();
        Assert.Equal([5, 6], _server.History[TestVolume.At(1)]);
    }

    [Fact]
    public async Task ReleaseDoesNotRepeatWhatCouldNotBeSentAtClose()
    {
        _server.Script = (_, _, _) => throw ScriptedWriter.Outage();
        BlockFile file = Open();
        Write(5, 0, 144);
        Assert.Equal(Errno.EIO, await file.FlushAsync(CancellationToken.None));
        int calls = _server.Calls.Count;
        await file.ReleaseAsync();
        Assert.Equal(calls, _server.Calls.Count);
        Assert.Equal(1, _engine.Status.PendingBlocks);
    }

    [Fact]
    public async Task AnUnmountSendsWhatAMappingWroteAfterCloseAlthoughReleaseNeverComes()
    {
        BlockFile file = Open();
        Write(5, 0, 144);
        Assert.Equal(Errno.OK, await file.FlushAsync(CancellationToken.None));
        await WriteThrough(file, 6);
        await file.EndAsync(isUnmounted: true);
        Assert.Equal([5, 6], _server.History[TestVolume.At(1)]);
    }

    [Theory]
    [InlineData(true, false)] // umount -f looks like an unmount
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task WhoIsCutOffWhileWritingLeavesTheServersBlockAsItIs(bool isUnmounted, bool wasClosedBefore)
    {
        BlockFile file = Open();
        if (wasClosedBefore)
        {
            Assert.Equal(Errno.OK, await file.FlushAsync(CancellationToken.None));
        }

        await WriteThrough(file, 6);
        await file.EndAsync(isUnmounted);
        Assert.Empty(_server.Calls);
    }

    /// <summary>sync(1) opens a file for reading.</summary>
    [Fact]
    public async Task FsyncOfAHandleThatOnlyReadsTellsThatTheServerHasNotGotTheBlock()
    {
        WritableFileSystem files = new(_context, _overlay, _engine, _pool, NullLogger.Instance);
        using FakeKernel kernel = new();
        FuseMount mount = await kernel.StartAsync(files);
        ulong id = _context.Tree.IdOf(s_node);
        Assert.Equal(Errno.OK, Sync(kernel, id));

        _server.Script = (_, _, _) => throw ScriptedWriter.Outage();
        BlockFile file = Open();
        Write(5, 0, 144);
        Assert.Equal(Errno.EIO, await file.FlushAsync(CancellationToken.None));
        Assert.Equal(Errno.EIO, Sync(kernel, id)); // while it is open for writing
        await file.ReleaseAsync();
        Assert.Equal(Errno.EIO, Sync(kernel, id));
        kernel.Hangup();
        await mount.Completion.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task WhenTheMountIsGoneNothingStaysOpen()
    {
        WritableFileSystem files = new(_context, _overlay, _engine, _pool, NullLogger.Instance);
        using FakeKernel kernel = new();
        FuseMount mount = await kernel.StartAsync(files);
        ulong id = _context.Tree.IdOf(s_node);
        ulong handle = kernel.Call(FuseOpcode.Open, id, FakeKernel.Bytes(new OpenIn { Flags = (uint)(ForWriting | OpenFlags.Truncate) }))
            .As<OpenOut>().Handle;
        foreach (int value in (int[])[5, 6])
        {
            BlockBuffer block = TestVolume.Block(_pool, value);
            WriteIn write = new() { Handle = handle, Size = (uint)block.Length };
            Assert.Equal(Errno.OK, kernel.Call(FuseOpcode.Write, id, FakeKernel.Bytes(write), block.GetSpan().ToArray()).Error);
            block.Release();
            if (value == 5)
            {
                Assert.Equal(Errno.OK, kernel.Call(FuseOpcode.Flush, id, FakeKernel.Bytes(new FlushIn { Handle = handle })).Error);
            }
        }

        Assert.NotEqual(0, _pool.Rented);
        kernel.Hangup();
        await mount.Completion.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal([5, 6], _server.History[TestVolume.At(1)]);
        Assert.Equal(0, _buffers.Count);
    }

    private static Errno Sync(FakeKernel kernel, ulong id)
    {
        ulong handle = kernel.Call(FuseOpcode.Open, id, FakeKernel.Bytes(new OpenIn { Flags = (uint)OpenFlags.ReadOnly })).As<OpenOut>().Handle;
        Errno error = kernel.Call(FuseOpcode.Fsync, id, FakeKernel.Bytes(new FsyncIn { Handle = handle })).Error;
        kernel.Call(FuseOpcode.Release, id, FakeKernel.Bytes(new ReleaseIn { Handle = handle }));
        return error;
    }

    private BlockFile Open() => _writing.Open(s_node, existed: _server.Stored.ContainsKey(TestVolume.At(1)), ForWriting);

    // As a WRITE does, so that the handle knows that it has changed something.
    private async Task WriteThrough(BlockFile file, int value)
    {
        Assert.Equal(Errno.OK, await file.SetSizeAsync(144, CancellationToken.None));
        Write(value, 0, 144);
    }

    /// <summary>A part of the block of this value, as a WRITE would leave it.</summary>
    private void Write(int value, int from, int to)
    {
        BlockBuffer block = TestVolume.Block(_pool, value);
        Assert.True(_buffers.TryFind(TestVolume.Key(1), out BlockWriteBuffer? buffer));
        buffer!.Write(from, block.GetSpan()[from..to]);
        block.Release();
    }
}

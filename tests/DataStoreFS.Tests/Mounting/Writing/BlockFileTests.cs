using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Mounting.Files;
using DataStoreFS.Mounting.Writing;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.Tests.WriteBack;
using DataStoreFS.Tree;
using DataStoreFS.Views;
using DataStoreFS.WriteBack;
using LinuxFuse;
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
        TreeContext context = new(tree, _store, settings, MountState.Create(MountSettings.Never, NullLogger.Instance)) { Written = _buffers };
        _writing = new BlockWriting(context, new BlockReader(context), _engine, _pool, NullLogger.Instance);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
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

    private BlockFile Open() => _writing.Open(s_node, existed: _server.Stored.ContainsKey(TestVolume.At(1)), ForWriting);

    /// <summary>A part of the block of this value, as a WRITE would leave it.</summary>
    private void Write(int value, int from, int to)
    {
        BlockBuffer block = TestVolume.Block(_pool, value);
        Assert.True(_buffers.TryFind(TestVolume.Key(1), out BlockWriteBuffer? buffer));
        buffer!.Write(from, block.GetSpan()[from..to]);
        block.Release();
    }
}

using DataStoreFS.Blocks;
using DataStoreFS.Caching;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Blocks;

/// <summary>
/// A store over a scripted client: one volume of 64 x 64 x 64 blocks of 16 x 16 x 16 one-byte voxels (8 KiB of memory each), two timepoints, two
/// setups of which the second cannot be addressed. At the end no buffer may be left.
/// </summary>
public abstract class StoreTest : IAsyncLifetime
{
    /// <summary>Memory of one block: header and 4,096 voxels, in whole pages.</summary>
    internal const int BlockBytes = 8192;

    private readonly List<BlockStore> _stores = [];
    private protected readonly NativeBlockPool Pool = new();
    private protected readonly ManualTime Time = new();
    private protected readonly ScriptedClient Client;

    protected StoreTest() => Client = new ScriptedClient(Pool);

    private protected BlockStore Store(BlockStoreOptions? options = null, IBlockTier? tier = null, string version = "1", int? newest = 1)
    {
        BlockStore store = new(options ?? new BlockStoreOptions { CacheBytes = 1 << 20 }, tier, Time);
        store.AddVolume(Volume(version, newest), Client);
        _stores.Add(store);
        return store;
    }

    /// <summary>Versions 0 and 1 exist: 0 is unchanging, 1 may change.</summary>
    internal static VolumeInfo Volume(string version, int? newest = 1) => new()
    {
        Volume = 0,
        Uuid = "u",
        RequestedVersion = version,
        ResolvedVersion = version,
        VoxelType = VoxelType.UInt8,
        Dimensions = new Size3(1024, 1024, 1024),
        VoxelSize = [1, 1, 1],
        Versions = [0, 1],
        NewestVersion = newest,
        TimepointIds = [5, 9],
        Setups = [Setup(0, version), Setup(1, version)],
    };

    internal static BlockKey At(int x, int timepoint = 0, int setup = 0) => new(0, setup, timepoint, 0, x, 0, 0);

    /// <summary>The block's content, given back: null when it is missing.</summary>
    internal static async Task<byte?> ReadAsync(BlockStore store, BlockKey key, CancellationToken cancellationToken = default)
    {
        BlockBuffer? block = await store.GetAsync(key, cancellationToken);
        byte? content = block?.Payload[^1];
        block?.Release();
        return content;
    }

    internal static BlockPresence Look(BlockStore store, BlockKey key)
    {
        BlockPresence presence = store.TryGet(key, out BlockBuffer? block);
        block?.Release();
        return presence;
    }

    private protected BlockBuffer Block(byte content)
    {
        BlockBuffer block = Pool.Rent(BlockBuffer.HeaderBytes + 4096);
        N5Header.Write(block.GetSpan(), new Size3(16, 16, 16));
        block.WritablePayload.Fill(content);
        return block;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (BlockStore store in _stores)
        {
            await store.DisposeAsync();
        }

        Assert.Equal(0, Pool.Rented);
        Pool.Dispose();
    }

    private static SetupInfo Setup(int index, string version) => new()
    {
        Index = index,
        Id = index,
        Name = $"setup{index}",
        ChannelId = index,
        AngleId = 0,
        Version = version,
        Addressable = index == 0,
        Levels = [new LevelInfo(0, new Size3(1, 1, 1), new Size3(1024, 1024, 1024), new Size3(16, 16, 16))],
    };
}

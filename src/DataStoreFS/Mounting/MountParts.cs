using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Tree;

namespace DataStoreFS.Mounting;

/// <summary>What is mounted: a volume, its files, the door to its blocks; and what has to be disposed of after it, last first.</summary>
internal sealed class MountParts(VolumeInfo volume, IVolumeFiles files, IBlockStore blocks, NativeBlockPool pool) : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _owned = new();

    public VolumeInfo Volume { get; } = volume;
    public IVolumeFiles Files { get; } = files;
    public IBlockStore Blocks { get; } = blocks;

    /// <summary>Empty when everybody has released what they had; disposed of by this.</summary>
    public NativeBlockPool Pool { get; } = pool;

    public void Own(IAsyncDisposable part) => _owned.Push(part);

    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out IAsyncDisposable? part))
        {
            await part.DisposeAsync().ConfigureAwait(false);
        }

        Pool.Dispose();
    }
}

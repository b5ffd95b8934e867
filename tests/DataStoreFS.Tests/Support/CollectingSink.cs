using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;

namespace DataStoreFS.Tests.Support;

/// <summary>Copies what is delivered and gives the buffers back.</summary>
internal sealed class CollectingSink : IBlockSink
{
    public List<(int Index, byte[]? File, Size3 Stored)> Delivered { get; } = [];

    /// <summary>Called after each delivery with how many there have been.</summary>
    public Action<int>? OnDelivery { get; init; }

    public void Deliver(int index, BlockBuffer? block, Size3 storedSize)
    {
        Delivered.Add((index, block?.GetSpan().ToArray(), storedSize));
        block?.Release();
        OnDelivery?.Invoke(Delivered.Count);
    }
}

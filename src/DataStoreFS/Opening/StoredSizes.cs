using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;

namespace DataStoreFS.Opening;

/// <summary>Keeps the sizes in which blocks are stored and gives the blocks back at once.</summary>
/// <param name="count">Blocks asked for.</param>
internal sealed class StoredSizes(int count) : IBlockSink
{
    /// <summary>All zero where there is no block.</summary>
    public Size3[] Sizes { get; } = new Size3[count];

    public void Deliver(int index, BlockBuffer? block, Size3 storedSize)
    {
        Sizes[index] = block is null ? default : storedSize;
        block?.Release();
    }
}

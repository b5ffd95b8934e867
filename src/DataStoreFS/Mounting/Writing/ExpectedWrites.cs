using DataStoreFS.N5;
using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Writing;

/// <summary>
/// Guesses the size of the next WRITE: programs that write raw blocks write one after the other, each at once. Its data is then read from the kernel
/// straight into the block that is sent and cached, which spares copying it there.
/// </summary>
internal sealed class ExpectedWrites(VolumeTree tree, NativeBlockPool pool)
{
    private int _length; // of a whole block's file; 0: files are written in parts, or compressed

    /// <summary>Null when nothing can be expected.</summary>
    public IWriteMemory? Rent() => Volatile.Read(ref _length) is > 0 and int length ? new Memory(pool.Rent(length)) : null;

    /// <summary>
    /// A WRITE has come. What is written behind the beginning of a file says nothing, nor do the smaller blocks at the edges of a level.
    /// </summary>
    public void Observe(in Node node, long offset, int length)
    {
        if (offset > 0)
        {
            return;
        }

        if (length != tree.SizeOf(node))
        {
            Volatile.Write(ref _length, 0);
        }
        else if (tree.LevelOf(node) is { } level && level.SizeAt(node.X, node.Y, node.Z) == level.BlockSize)
        {
            Volatile.Write(ref _length, length);
        }
    }

    /// <remarks>
    /// Contract. Holds the one reference to its block until <see cref="Take"/> or <see cref="Release"/>, whichever is called, once.
    /// </remarks>
    public sealed class Memory(BlockBuffer block) : IWriteMemory
    {
        Memory<byte> IWriteMemory.Memory => block.Memory;

        public BlockBuffer Take() => block;

        public void Release() => block.Release();
    }
}

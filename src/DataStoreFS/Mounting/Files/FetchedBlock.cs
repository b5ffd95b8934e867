using DataStoreFS.N5;
using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Files;

/// <summary>An open block of a mount that asks the server at every open: all reads of this handle see what was fetched then.</summary>
/// <remarks>Contract. Holds one reference of its buffer from construction to <see cref="ReleaseAsync"/>.</remarks>
internal sealed class FetchedBlock(BlockReader reader, Node node, BlockBuffer? block) : IOpenFile
{
    public ValueTask<Errno> ReadAsync(ReadOp op) => new(block is null ? reader.ReplyMissing(op, node) : reader.Reply(op, block));

    public ValueTask ReleaseAsync()
    {
        block?.Release();
        return ValueTask.CompletedTask;
    }
}

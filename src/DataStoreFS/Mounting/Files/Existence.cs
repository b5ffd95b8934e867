using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Tree;

namespace DataStoreFS.Mounting.Files;

internal enum BlockExistence : byte
{
    Present,
    Missing,

    /// <summary>The fetch failed. The name is shown, since "no such file" would read as zeros, and the error is left to OPEN and READ.</summary>
    Unsettled,
}

/// <summary>Whether blocks exist, which only fetching them tells. What is fetched stays in the cache for the read that follows.</summary>
internal sealed class Existence(TreeContext context, BlockReader reader)
{
    /// <summary>From memory; <see cref="BlockPresence.Unknown"/> when it takes a fetch.</summary>
    public BlockPresence Known(in Node node)
    {
        if (context.LengthInHand(node) is not null)
        {
            return BlockPresence.Present;
        }

        BlockPresence presence = context.Blocks.TryGet(context.KeyOf(node), out BlockBuffer? block);
        block?.Release();
        return presence;
    }

    public async ValueTask<BlockExistence> SettleAsync(Node node, CancellationToken cancellationToken)
    {
        try
        {
            BlockBuffer? block = await reader.FetchAsync(node, context.KeyOf(node), cancellationToken).ConfigureAwait(false);
            block?.Release();
            return block is null ? BlockExistence.Missing : BlockExistence.Present;
        }
        catch (DataStoreException)
        {
            return BlockExistence.Unsettled; // logged where it was fetched
        }
    }

    /// <summary>All blocks of a row from <paramref name="first"/> on, asked for at once so that they share requests.</summary>
    public async Task<BlockExistence[]> SettleAsync(Node row, int first, int count, CancellationToken cancellationToken)
    {
        BlockExistence[] settled = new BlockExistence[count];
        List<(int Index, Task<BlockExistence> Answer)> waiting = [];
        for (int i = 0; i < count; i++)
        {
            Node block = row with { Kind = NodeKind.Block, Z = first + i };
            switch (Known(block))
            {
                case BlockPresence.Present:
                    break;
                case BlockPresence.Missing:
                    settled[i] = BlockExistence.Missing;
                    break;
                default:
                    waiting.Add((i, SettleAsync(block, cancellationToken).AsTask()));
                    break;
            }
        }

        await Task.WhenAll(waiting.Select(w => w.Answer)).ConfigureAwait(false);
        foreach ((int index, Task<BlockExistence> answer) in waiting)
        {
            settled[index] = await answer.ConfigureAwait(false);
        }

        return settled;
    }
}

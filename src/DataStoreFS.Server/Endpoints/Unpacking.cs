using DataStoreFS.N5;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>Unpacks the packed blocks of an answer, as many at a time as memory allows, on all processors.</summary>
internal static class Unpacking
{
    /// <summary>Unpacks blocks from an index on until memory's limit.</summary>
    /// <param name="blocks">The answer's blocks.</param>
    /// <param name="first">Where to begin.</param>
    /// <param name="count">How many blocks the answer has.</param>
    /// <param name="maxBuffered">Decoded bytes; one block is unpacked however large it is.</param>
    /// <param name="pool">Memory for the voxels.</param>
    /// <returns>The first index that is not ready.</returns>
    /// <exception cref="Refusal">500: a block cannot be unpacked.</exception>
    public static int Window(StoredBlock[] blocks, int first, int count, long maxBuffered, NativeBlockPool pool)
    {
        long bytes = 0;
        int packed = 0;
        int end = first;
        for (; end < count; end++)
        {
            ref StoredBlock block = ref blocks[end];
            if (!block.IsPacked)
            {
                continue;
            }

            bytes += block.PayloadBytes;
            if (packed > 0 && bytes > maxBuffered)
            {
                break;
            }

            packed++;
        }

        if (packed == 1)
        {
            One(blocks, first, end, pool);
        }
        else if (packed > 1)
        {
            Parallelly(blocks, first, end, pool);
        }

        return end;
    }

    private static void One(StoredBlock[] blocks, int first, int end, NativeBlockPool pool)
    {
        for (int i = first; i < end; i++)
        {
            if (blocks[i].IsPacked)
            {
                blocks[i].Decode(pool);
            }
        }
    }

    private static void Parallelly(StoredBlock[] blocks, int first, int end, NativeBlockPool pool)
    {
        Refusal? fault = null;
        Parallel.For(first, end, (i, state) =>
        {
            try
            {
                if (blocks[i].IsPacked)
                {
                    blocks[i].Decode(pool);
                }
            }
            catch (Refusal refusal)
            {
                Volatile.Write(ref fault, refusal);
                state.Stop();
            }
        });
        if (fault is not null)
        {
            throw fault;
        }
    }
}

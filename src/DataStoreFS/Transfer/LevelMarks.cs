using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Opening;
using DataStoreFS.Remote;

namespace DataStoreFS.Transfer;

/// <summary>
/// Sees to it that readers of a pushed dataset find the sizes of its levels. They go by the stored sizes of a few blocks at a level's far edge; where
/// none of those is stored, the far corner gets a block of zeros, which is what its absence read as.
/// </summary>
internal static class LevelMarks
{
    /// <summary>Whether the stored size of a block can show that the level's size was rounded up.</summary>
    public static bool CanTell(Size3 full, LevelInfo level)
    {
        LevelEdge edge = Edge(full, level);
        Size3 corner = edge.Probes()[^1];
        return edge.Judge(corner, level.SizeAt((int)corner.X, (int)corner.Y, (int)corner.Z)) == Rounding.Up;
    }

    /// <summary>Whether there is a local block where the mark would go.</summary>
    public static bool IsTaken(PushPlan plan, LocalDataset local, ImageAddress image, LevelInfo level)
    {
        Size3 corner = Edge(local.Dimensions, level).Probes()[^1];
        LocalImage? marked = local.Images.FirstOrDefault(own => own.Level.Index == level.Index && plan.Address(image.Uuid, own) == image);
        return marked is not null
            && File.Exists(Path.Combine(marked.Folder, string.Create(CultureInfo.InvariantCulture, $"{corner.X}/{corner.Y}/{corner.Z}")));
    }

    /// <param name="full">Voxels at full resolution.</param>
    /// <param name="level">A level that was rounded up.</param>
    /// <param name="type">Voxel type.</param>
    /// <param name="image">Gets the mark.</param>
    /// <param name="writer">The server.</param>
    /// <param name="pool">Gives the memory.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public static async Task MarkAsync(
        Size3 full, LevelInfo level, VoxelType type, ImageAddress image, IBlockWriter writer, NativeBlockPool pool,
        CancellationToken cancellationToken)
    {
        Size3 corner = Edge(full, level).Probes()[^1];
        (int x, int y, int z) = ((int)corner.X, (int)corner.Y, (int)corner.Z);
        Size3 size = level.SizeAt(x, y, z);
        BlockBuffer block = pool.Rent(BlockBuffer.HeaderBytes + (int)(size.Count * type.Bytes()));
        try
        {
            N5Header.Write(block.GetSpan(), size);
            block.WritablePayload.Clear();
            await writer.WriteBlocksAsync(image, [new BlockWrite(x, y, z, block)], cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            block.Release();
        }
    }

    private static LevelEdge Edge(Size3 full, LevelInfo level) => new(full, new DescribedLevel(level.Factors, level.BlockSize));
}

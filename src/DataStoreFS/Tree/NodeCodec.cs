using DataStoreFS.Model;

namespace DataStoreFS.Tree;

/// <summary>
/// Numbers every node of a volume without a table: the tree is counted in pre-order, so that each subtree is one run of numbers and a number
/// is taken apart by divisions. Small volumes get small numbers, which matters: a 32-bit program's <c>stat</c> fails with EOVERFLOW when
/// st_ino needs more than 32 bits.
/// </summary>
/// <remarks>The numbers depend on the volume's geometry alone: the same after a restart and on every machine.</remarks>
public sealed class NodeCodec
{
    /// <summary>The most nodes one volume may have: every id stays below the range of table nodes (<see cref="NodeIds"/>).</summary>
    public const ulong MaximumCount = 1UL << 61;

    // Top, export.xml, export.n5, its attributes.json; then the setups.
    private const ulong FirstSetup = 4;

    // In front of what a setup, timepoint or level contains: the directory itself and its attributes.json.
    private const ulong Preamble = 2;

    private readonly SetupShape[] _setups;

    /// <exception cref="DataStoreException">Protocol: more nodes than can be numbered, or a grid or block beyond what a path or file can
    /// express.</exception>
    public NodeCodec(VolumeInfo volume)
    {
        _setups = new SetupShape[volume.Setups.Count];
        UInt128 next = FirstSetup;
        for (int i = 0; i < _setups.Length; i++)
        {
            _setups[i] = new SetupShape(volume, volume.Setups[i], next, out UInt128 end);
            next = end;
        }

        Count = (ulong)next;
    }

    /// <summary>Nodes of the volume: valid numbers are 0 to one less.</summary>
    public ulong Count { get; }

    public ulong Encode(in Node node)
    {
        if (node.Kind <= NodeKind.ContainerAttributes)
        {
            return (ulong)node.Kind;
        }

        SetupShape setup = _setups[node.Setup];
        ulong number = setup.First;
        if (node.Kind <= NodeKind.SetupAttributes)
        {
            return number + (ulong)(node.Kind - NodeKind.Setup);
        }

        number += Preamble + ((ulong)node.Timepoint * setup.TimepointStride);
        if (node.Kind <= NodeKind.TimepointAttributes)
        {
            return number + (ulong)(node.Kind - NodeKind.Timepoint);
        }

        LevelShape level = setup.Levels[node.Level];
        number += level.First;
        return node.Kind switch
        {
            NodeKind.Level => number,
            NodeKind.LevelAttributes => number + 1,
            NodeKind.Column => number + Preamble + ((ulong)node.X * level.ColumnStride),
            NodeKind.Row => number + Preamble + ((ulong)node.X * level.ColumnStride) + 1 + ((ulong)node.Y * level.RowStride),
            _ => number + Preamble + ((ulong)node.X * level.ColumnStride) + 1 + ((ulong)node.Y * level.RowStride) + 1 + (ulong)node.Z,
        };
    }

    /// <summary>False for a number that no node has.</summary>
    public bool TryDecode(ulong number, out Node node)
    {
        if (number < FirstSetup || number >= Count)
        {
            node = new Node((NodeKind)Math.Min(number, FirstSetup - 1));
            return number < FirstSetup;
        }

        int index = SetupOf(number);
        SetupShape setup = _setups[index];
        number -= setup.First;
        if (number < Preamble)
        {
            node = new Node(NodeKind.Setup + (byte)number, index);
            return true;
        }

        (ulong timepoint, number) = Math.DivRem(number - Preamble, setup.TimepointStride);
        node = number < Preamble
            ? new Node(NodeKind.Timepoint + (byte)number, index, (int)timepoint)
            : DecodeLevel(setup, index, (int)timepoint, number);
        return true;
    }

    private static Node DecodeLevel(SetupShape setup, int index, int timepoint, ulong number)
    {
        int level = setup.Levels.Length - 1; // few levels, and most nodes are in the first: still a handful of compares
        while (setup.Levels[level].First > number)
        {
            level--;
        }

        LevelShape shape = setup.Levels[level];
        number -= shape.First;
        if (number < Preamble)
        {
            return new Node(NodeKind.Level + (byte)number, index, timepoint, level);
        }

        (ulong x, number) = Math.DivRem(number - Preamble, shape.ColumnStride);
        if (number == 0)
        {
            return new Node(NodeKind.Column, index, timepoint, level, (int)x);
        }

        (ulong y, number) = Math.DivRem(number - 1, shape.RowStride);
        return number == 0
            ? new Node(NodeKind.Row, index, timepoint, level, (int)x, (int)y)
            : new Node(NodeKind.Block, index, timepoint, level, (int)x, (int)y, (int)number - 1);
    }

    private int SetupOf(ulong number)
    {
        int low = 0;
        int high = _setups.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >>> 1;
            if (_setups[middle].First <= number)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    private static UInt128 Bounded(UInt128 count) => count <= MaximumCount
        ? count
        : throw new DataStoreException(DataStoreErrorKind.Protocol, "the dataset has more blocks than a file tree can number (2^61)");

    private sealed class SetupShape
    {
        internal SetupShape(VolumeInfo volume, SetupInfo setup, UInt128 first, out UInt128 end)
        {
            Levels = new LevelShape[setup.Levels.Count];
            UInt128 stride = Preamble;
            for (int i = 0; i < Levels.Length; i++)
            {
                Levels[i] = new LevelShape(volume, setup, setup.Levels[i], stride, out UInt128 next);
                stride = next;
            }

            TimepointStride = (ulong)stride;
            First = (ulong)first;
            end = Bounded(first + Preamble + (stride * (UInt128)volume.TimepointIds.Count));
        }

        internal ulong First { get; }
        internal ulong TimepointStride { get; }
        internal LevelShape[] Levels { get; }
    }

    /// <summary>Its numbers, counted from the timepoint: the level, attributes.json, then a stride per x, in it a stride per y.</summary>
    private sealed class LevelShape
    {
        internal LevelShape(VolumeInfo volume, SetupInfo setup, LevelInfo level, UInt128 first, out UInt128 end)
        {
            Size3 grid = level.Grid;
            Require(Fits(grid.X) && Fits(grid.Y) && Fits(grid.Z), setup, level, $"a grid of {grid} blocks");
            UInt128 largest = (UInt128)level.BlockSize.X * (UInt128)level.BlockSize.Y * (UInt128)level.BlockSize.Z
                * (UInt128)volume.VoxelType.Bytes();
            Require(largest <= int.MaxValue - N5.BlockBuffer.HeaderBytes, setup, level, $"blocks of {level.BlockSize} voxels, more than 2 GiB,");
            RowStride = 1 + (ulong)grid.Z;
            ColumnStride = (ulong)Bounded(1 + ((UInt128)RowStride * (UInt128)grid.Y));
            First = (ulong)first;
            end = Bounded(first + Preamble + ((UInt128)ColumnStride * (UInt128)grid.X));
        }

        internal ulong First { get; }
        internal ulong ColumnStride { get; }
        internal ulong RowStride { get; }

        private static bool Fits(long count) => count is >= 0 and < int.MaxValue;

        private static void Require(bool condition, SetupInfo setup, LevelInfo level, string what)
        {
            if (!condition)
            {
                throw new DataStoreException(DataStoreErrorKind.Protocol, $"setup {setup.Id} level {level.Index}: {what} cannot be shown as files");
            }
        }
    }
}

using System.Numerics;
using System.Runtime.InteropServices;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Server.Http;

namespace DataStoreFS.Server.Storage;

/// <summary>
/// Computes a coarse level out of a finer one: each voxel is the mean of those it stands for, cut at the image's end; integers are rounded to the
/// nearest, halves away from zero. Missing blocks count as zeros; a coarse block of which no source block exists is not written.
/// </summary>
internal static class Downsampling
{
    /// <summary>The finest level before this one whose factors divide this one's: usually the next finer, which is the cheapest.</summary>
    public static LevelFolder BestSource(IReadOnlyList<LevelFolder> levels, int index)
    {
        Size3 wanted = levels[index].Info.Factors;
        for (int i = index - 1; i > 0; i--)
        {
            Size3 factors = levels[i].Info.Factors;
            if (wanted.X % factors.X == 0 && wanted.Y % factors.Y == 0 && wanted.Z % factors.Z == 0)
            {
                return levels[i];
            }
        }

        return levels[0];
    }

    /// <exception cref="IOException">The disk is full.</exception>
    /// <exception cref="Refusal">500: a source block is damaged.</exception>
    public static void Rebuild(LevelFolder source, LevelFolder target, NativeBlockPool pool, CancellationToken cancellationToken)
    {
        Size3 grid = target.Info.Grid;
        for (int z = 0; z < grid.Z; z++)
        {
            for (int y = 0; y < grid.Y; y++)
            {
                for (int x = 0; x < grid.X; x++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    RebuildBlock(source, target, x, y, z, pool);
                }
            }
        }
    }

    private static void RebuildBlock(LevelFolder source, LevelFolder target, int x, int y, int z, NativeBlockPool pool)
    {
        switch (target.VoxelType)
        {
            case VoxelType.UInt8: Run(new Job<byte, double>(source, target, pool), x, y, z); break;
            case VoxelType.Int8: Run(new Job<sbyte, double>(source, target, pool), x, y, z); break;
            case VoxelType.UInt16: Run(new Job<ushort, double>(source, target, pool), x, y, z); break;
            case VoxelType.Int16: Run(new Job<short, double>(source, target, pool), x, y, z); break;
            case VoxelType.UInt32: Run(new Job<uint, double>(source, target, pool), x, y, z); break;
            case VoxelType.Int32: Run(new Job<int, double>(source, target, pool), x, y, z); break;
            case VoxelType.Float32: Run(new Job<float, double>(source, target, pool), x, y, z); break;
            case VoxelType.Float64: Run(new Job<double, double>(source, target, pool), x, y, z); break;

            // A double does not hold these exactly.
            case VoxelType.UInt64: Run(new Job<ulong, Int128>(source, target, pool), x, y, z); break;
            default: Run(new Job<long, Int128>(source, target, pool), x, y, z); break;
        }
    }

    private static void Run<T, TSum>(Job<T, TSum> job, int x, int y, int z)
        where T : unmanaged, INumber<T>
        where TSum : INumber<TSum> => job.Run(x, y, z);

    private sealed class Job<T, TSum>(LevelFolder source, LevelFolder target, NativeBlockPool pool)
        where T : unmanaged, INumber<T>
        where TSum : INumber<TSum>
    {
        private readonly Size3 _ratio = new(
            Math.Max(target.Info.Factors.X / source.Info.Factors.X, 1),
            Math.Max(target.Info.Factors.Y / source.Info.Factors.Y, 1),
            Math.Max(target.Info.Factors.Z / source.Info.Factors.Z, 1));

        private TSum[] _sums = [];
        private Size3 _size;
        private Size3 _origin;

        public void Run(int x, int y, int z)
        {
            Size3 block = target.Info.BlockSize;
            _size = target.Info.SizeAt(x, y, z);
            _origin = new Size3(x * block.X, y * block.Y, z * block.Z);
            _sums = new TSum[_size.Count];
            if (AddSources())
            {
                Store(new BlockAddress(x, y, z, 0, 0, 0));
            }
        }

        /// <returns>Whether any source block exists.</returns>
        private bool AddSources()
        {
            bool any = false;
            Size3 block = source.Info.BlockSize;
            Size3 first = new(_origin.X * _ratio.X, _origin.Y * _ratio.Y, _origin.Z * _ratio.Z);
            Size3 end = Size3.Min(
                new Size3(first.X + (_size.X * _ratio.X), first.Y + (_size.Y * _ratio.Y), first.Z + (_size.Z * _ratio.Z)), source.Info.Dimensions);
            for (long z = first.Z / block.Z; z * block.Z < end.Z; z++)
            {
                for (long y = first.Y / block.Y; y * block.Y < end.Y; y++)
                {
                    for (long x = first.X / block.X; x * block.X < end.X; x++)
                    {
                        any |= AddSource(new BlockAddress(x, y, z, 0, 0, 0), first, end);
                    }
                }
            }

            return any;
        }

        private bool AddSource(in BlockAddress at, Size3 first, Size3 end)
        {
            StoredBlock stored = default;
            try
            {
                stored.Open([source], at);
                if (stored.Missing)
                {
                    return false;
                }

                stored.Decode(pool);
                Size3 size = stored.Header.Size;
                Size3 start = new(at.X * source.Info.BlockSize.X, at.Y * source.Info.BlockSize.Y, at.Z * source.Info.BlockSize.Z);
                ReadOnlySpan<T> voxels = MemoryMarshal.Cast<byte, T>(stored.Voxels!.Payload);
                for (long z = Math.Max(start.Z, first.Z); z < Math.Min(start.Z + size.Z, end.Z); z++)
                {
                    for (long y = Math.Max(start.Y, first.Y); y < Math.Min(start.Y + size.Y, end.Y); y++)
                    {
                        long row = (((z - start.Z) * size.Y) + (y - start.Y)) * size.X;
                        long into = ((((z / _ratio.Z) - _origin.Z) * _size.Y) + ((y / _ratio.Y) - _origin.Y)) * _size.X;
                        for (long x = Math.Max(start.X, first.X); x < Math.Min(start.X + size.X, end.X); x++)
                        {
                            _sums[into + (x / _ratio.X) - _origin.X] += TSum.CreateChecked(Swap(voxels[(int)(row + x - start.X)]));
                        }
                    }
                }

                return true;
            }
            finally
            {
                stored.Close();
            }
        }

        private void Store(in BlockAddress at)
        {
            BlockBuffer block = pool.Rent(BlockBuffer.HeaderBytes + (int)(_size.Count * target.VoxelType.Bytes()));
            try
            {
                N5Header.Write(block.GetSpan(), _size);
                Average(MemoryMarshal.Cast<byte, T>(block.WritablePayload));
                target.WriteBlock(at, block, sync: false);
            }
            finally
            {
                block.Release();
            }
        }

        private void Average(Span<T> voxels)
        {
            Size3 image = source.Info.Dimensions;
            int i = 0;
            for (long z = 0; z < _size.Z; z++)
            {
                long deep = Share(_origin.Z + z, _ratio.Z, image.Z);
                for (long y = 0; y < _size.Y; y++)
                {
                    long high = deep * Share(_origin.Y + y, _ratio.Y, image.Y);
                    for (long x = 0; x < _size.X; x++, i++)
                    {
                        long count = high * Share(_origin.X + x, _ratio.X, image.X);
                        voxels[i] = Swap(Mean(_sums[i], count));
                    }
                }
            }
        }

        /// <summary>How many source voxels along an axis belong to a coarse one; fewer at the image's end.</summary>
        private static long Share(long position, long ratio, long image) => Math.Max(Math.Min(ratio, image - (position * ratio)), 1);

        private static T Mean(TSum sum, long count)
        {
            if (typeof(TSum) == typeof(double))
            {
                double mean = double.CreateChecked(sum) / count;
                bool whole = typeof(T) != typeof(float) && typeof(T) != typeof(double);
                return T.CreateSaturating(whole ? Math.Round(mean, MidpointRounding.AwayFromZero) : mean);
            }

            Int128 total = Int128.CreateChecked(sum);
            Int128 half = total < 0 ? -(count / 2) : count / 2;
            return T.CreateSaturating((total + half) / count);
        }

        /// <summary>Files are big-endian.</summary>
        private static T Swap(T value)
        {
            Span<T> one = [value];
            if (BitConverter.IsLittleEndian)
            {
                MemoryMarshal.AsBytes(one).Reverse();
            }

            return one[0];
        }
    }
}

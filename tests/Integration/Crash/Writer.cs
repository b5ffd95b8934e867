using System.IO.Compression;
using DataStoreFS.Model;
using DataStoreFS.N5;
using Mono.Unix.Native;

namespace Integration.Crash;

/// <summary>
/// One program that writes its own blocks over and over, in all the ways in which programs write block files, until the daemon is gone.
/// </summary>
/// <param name="Place">The mount.</param>
/// <param name="Number">Among the writers of the place.</param>
/// <param name="Keys">Its blocks, nobody else's.</param>
/// <param name="Ledger">Told of every write.</param>
internal sealed record Writer(CrashPlace Place, int Number, IReadOnlyList<BlockKey> Keys, WriteLedger Ledger)
{
    private const OpenFlags Fresh = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC;
    private const int Ways = 6;

    /// <summary>Ends when the daemon dies.</summary>
    /// <param name="random">Its own.</param>
    /// <param name="generations">Gives out generations.</param>
    /// <param name="acknowledged">Called after every acknowledged write.</param>
    public void Run(Random random, Func<long> generations, Action acknowledged)
    {
        while (true)
        {
            BlockKey key = Keys[random.Next(Keys.Count)];
            long generation = generations();
            Ledger.Begin(key, generation);
            try
            {
                Write(key, generation, random);
                acknowledged();
            }
            catch (PosixException fault) when (fault.Errno is Errno.ENOTCONN or Errno.ECONNABORTED or Errno.ENODEV)
            {
                return;
            }
            catch (PosixException fault) when (fault.Errno == Errno.EIO)
            {
                // The server's fault, told: the block is old or new.
            }
            catch (PosixException fault)
            {
                Ledger.Report($"writer {Number}, {key}: {fault.Message}");
            }
        }
    }

    private void Write(BlockKey key, long generation, Random random)
    {
        string path = Place.PathOf(key);
        byte[] raw = BlockPattern.FileOf(Place.Volume, key, generation);
        switch (random.Next(Ways))
        {
            case 0: // cp
                using (PosixFile file = PosixFile.Open(path, Fresh))
                {
                    WritePieces(file, raw, 128 << 10, 0);
                    file.Close();
                }

                break;
            case 1: // Java: read and write, lock, cut, many small writes
                using (PosixFile file = PosixFile.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT))
                {
                    if (file.Length() > 0)
                    {
                        file.Truncate(0);
                    }

                    WritePieces(file, raw, 512 + random.Next(4096), 0);
                    file.Close();
                }

                break;
            case 2: // zarr, rsync
                string temporary = Path.Join(Path.GetDirectoryName(path), $".w{Number}.partial");
                using (PosixFile file = PosixFile.Open(temporary, Fresh))
                {
                    WritePieces(file, raw, 64 << 10, 0);
                    file.Close();
                }

                PosixFile.Rename(temporary, path);
                break;
            case 3: // a database's habit
                using (PosixFile file = PosixFile.Open(path, Fresh))
                {
                    WritePieces(file, raw, 16 << 10, 0);
                    file.Sync();
                    Acknowledge(key, generation, onServer: true);
                    file.Close();
                }

                return;
            case 4: // changed in place, from its middle
                using (PosixFile file = PosixFile.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT))
                {
                    int middle = random.Next(1, raw.Length);
                    WritePieces(file, raw.AsSpan(middle), 8 << 10, middle);
                    WritePieces(file, raw.AsSpan(0, middle), 8 << 10, 0);
                    file.Close();
                }

                break;
            default: // N5 from a compressed tree
                using (PosixFile file = PosixFile.Open(path, Fresh))
                {
                    WritePieces(file, Gzip(raw), 512, 0);
                    file.Close();
                }

                break;
        }

        Acknowledge(key, generation, Place.Through);
    }

    /// <param name="key">The block.</param>
    /// <param name="generation">Of it.</param>
    /// <param name="onServer">It must be on the server by now, not only be safe.</param>
    private void Acknowledge(BlockKey key, long generation, bool onServer)
    {
        Ledger.Acknowledge(key, generation);
        long? stored = onServer ? Place.Stored(key) : generation;
        if (stored != generation)
        {
            Ledger.Report(
                $"writer {Number}: {key} of generation {generation} was acknowledged while the server had {stored?.ToString() ?? "a torn one"}");
        }
    }

    private static void WritePieces(PosixFile file, ReadOnlySpan<byte> data, int piece, long at)
    {
        for (int done = 0; done < data.Length; done += piece)
        {
            file.Write(data.Slice(done, Math.Min(piece, data.Length - done)), at + done);
        }
    }

    private static byte[] Gzip(byte[] raw)
    {
        using MemoryStream packed = new();
        packed.Write(raw, 0, BlockBuffer.HeaderBytes);
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(raw, BlockBuffer.HeaderBytes, raw.Length - BlockBuffer.HeaderBytes);
        }

        return packed.ToArray();
    }
}

using System.Buffers;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Server.Http;

namespace DataStoreFS.Server.Storage;

/// <summary>One block of an answer: missing, or an open file whose header is read, and later its unpacked voxels.</summary>
/// <remarks>
/// Contract. Lives in the array of one <see cref="Endpoints.BlockAnswer"/> and is never copied. Owns a file descriptor from <see cref="Open"/> and a
/// buffer from <see cref="Decode"/> until <see cref="Close"/>, which may be called any number of times.
/// </remarks>
internal struct StoredBlock
{
    // A packed block may be somewhat longer than its voxels; a file much longer than that is not read into memory.
    private const int PackingSlack = 1 << 20;

    private LevelFolder _level;
    private BlockAddress _at;
    private int _fd;
    private bool _open;
    private long _fileLength;

    public N5BlockHeader Header { get; private set; }

    public bool Missing { get; private set; }

    /// <summary>Of the unpacked voxels; 0 when the block is missing.</summary>
    public readonly int PayloadBytes => Missing ? 0 : Header.PayloadBytes;

    /// <summary>The file's bytes behind the header are the voxels.</summary>
    public readonly bool IsRaw => !Missing && _level.Compression.Type == N5CompressionType.Raw;

    public readonly bool IsPacked => !Missing && !IsRaw;

    /// <summary>The unpacked block, once <see cref="Decode"/> has succeeded.</summary>
    public BlockBuffer? Voxels { get; private set; }

    /// <summary>
    /// Opens the block in the first of some levels (the same level in several versions) that has it, and reads and checks its header.
    /// </summary>
    /// <exception cref="Refusal">500: the file is no block.</exception>
    public void Open(ReadOnlySpan<LevelFolder?> levels, in BlockAddress at)
    {
        Missing = true;
        _at = at;
        foreach (LevelFolder? level in levels)
        {
            if (level is null)
            {
                continue;
            }

            _level = level;
            try
            {
                _fd = level.OpenBlock(at.X, at.Y, at.Z);
            }
            catch (IOException e)
            {
                throw Broken(e.Message, e);
            }

            if (_fd >= 0)
            {
                _open = true;
                Missing = false;
                ReadHeader();
                return;
            }
        }
    }

    /// <summary>Reads and unpacks the voxels of a packed block.</summary>
    /// <exception cref="Refusal">500: the file cannot be unpacked.</exception>
    public void Decode(NativeBlockPool pool)
    {
        int packedLength = (int)_fileLength - Header.Length;
        byte[] packed = ArrayPool<byte>.Shared.Rent(packedLength);
        BlockBuffer block = pool.Rent(BlockBuffer.HeaderBytes + Header.PayloadBytes);
        try
        {
            Span<byte> bytes = packed.AsSpan(0, NativeFile.ReadAt(_fd, packed.AsSpan(0, packedLength), Header.Length));
            N5Header.Write(block.GetSpan(), Header.Size);
            N5BlockCodec.DecodePayload(bytes, _level.Compression, block.WritablePayload);
            Voxels = block.Retain();
        }
        catch (Exception e) when (e is DataStoreException or IOException)
        {
            throw Broken(e.Message, e);
        }
        finally
        {
            block.Release();
            ArrayPool<byte>.Shared.Return(packed);
            CloseFile();
        }
    }

    /// <summary>Reads a piece of a raw block's voxels.</summary>
    /// <returns>False: the file has become shorter since its header was read.</returns>
    public readonly bool ReadRaw(Span<byte> target, int offset) => NativeFile.ReadAt(_fd, target, Header.Length + offset) == target.Length;

    public void Close()
    {
        Voxels?.Release();
        Voxels = null;
        CloseFile();
    }

    private void ReadHeader()
    {
        try
        {
            Span<byte> start = stackalloc byte[BlockBuffer.HeaderBytes + 4];
            int read = NativeFile.ReadAt(_fd, start, 0);
            _fileLength = NativeFile.Length(_fd);
            Header = N5BlockHeader.Parse(start[..read], _level.Info.BlockSize, _level.VoxelType.Bytes());
        }
        catch (Exception e) when (e is DataStoreException or IOException)
        {
            throw Broken(e.Message, e);
        }

        long behind = _fileLength - Header.Length;
        if (IsRaw ? behind < Header.PayloadBytes : behind > Math.Min((2L * Header.PayloadBytes) + PackingSlack, Array.MaxLength))
        {
            throw Broken($"its {_fileLength} bytes cannot hold {Header.PayloadBytes} bytes of voxels");
        }
    }

    private readonly Refusal Broken(string reason, Exception? inner = null) =>
        Refusal.BrokenBlock($"{_level.Path}/{_at.X}/{_at.Y}/{_at.Z}: {reason}", inner);

    private void CloseFile()
    {
        if (_open)
        {
            _open = false;
            NativeFile.Close(_fd);
        }
    }
}

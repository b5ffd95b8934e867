namespace LinuxFuse.Samples;

/// <summary>A file's bytes: sparse, in chunks, zero where nothing was written. Not thread-safe; the file system's lock guards it.</summary>
internal sealed class MemoryContent
{
    private const int ChunkBytes = 64 * 1024;

    private readonly Dictionary<long, byte[]> _chunks = [];

    public long Length { get; private set; }

    public long StoredBytes => (long)_chunks.Count * ChunkBytes;

    public int Read(long offset, Span<byte> target)
    {
        int count = (int)Math.Clamp(Length - offset, 0, target.Length);
        for (int done = 0; done < count;)
        {
            (long index, int start) = Locate(offset + done);
            int part = Math.Min(count - done, ChunkBytes - start);
            Span<byte> piece = target.Slice(done, part);
            if (_chunks.TryGetValue(index, out byte[]? chunk))
                chunk.AsSpan(start, part).CopyTo(piece);
            else
                piece.Clear();
            done += part;
        }

        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        for (int done = 0; done < data.Length;)
        {
            (long index, int start) = Locate(offset + done);
            int part = Math.Min(data.Length - done, ChunkBytes - start);
            if (!_chunks.TryGetValue(index, out byte[]? chunk))
                _chunks[index] = chunk = new byte[ChunkBytes];
            data.Slice(done, part).CopyTo(chunk.AsSpan(start));
            done += part;
        }

        Length = Math.Max(Length, offset + data.Length);
    }

    public void SetLength(long length)
    {
        if (length < Length)
            Clear(length, Length);
        Length = length;
    }

    /// <summary>Makes a range read as zeros, and gives back the memory of whole chunks in it.</summary>
    public void Clear(long from, long to)
    {
        foreach (long index in _chunks.Keys.Where(index => index * ChunkBytes < to && (index + 1) * ChunkBytes > from).ToArray())
        {
            long start = Math.Max(from - (index * ChunkBytes), 0);
            long end = Math.Min(to - (index * ChunkBytes), ChunkBytes);
            if (end - start == ChunkBytes)
                _chunks.Remove(index);
            else
                _chunks[index].AsSpan((int)start, (int)(end - start)).Clear();
        }
    }

    /// <summary>The next byte at or after an offset that is stored (or is not); the length ends the last hole. Null: no data from there on.</summary>
    public long? Next(long offset, bool data)
    {
        if (offset >= Length)
            return null;
        (long index, _) = Locate(offset);
        if (_chunks.ContainsKey(index) == data)
            return offset;
        if (!data)
        {
            while (_chunks.ContainsKey(index))
                index++;
            return Math.Min(index * ChunkBytes, Length);
        }

        long next = _chunks.Keys.Where(key => key > index).DefaultIfEmpty(long.MaxValue).Min();
        return next == long.MaxValue || next * ChunkBytes >= Length ? null : next * ChunkBytes;
    }

    private static (long Index, int Start) Locate(long offset) => (offset / ChunkBytes, (int)(offset % ChunkBytes));
}

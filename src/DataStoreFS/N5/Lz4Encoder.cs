using System.Runtime.CompilerServices;

namespace DataStoreFS.N5;

/// <summary>The LZ4 block format, packed by one greedy pass over a table of 4-byte hashes, as the reference's fast mode does.</summary>
internal static unsafe class Lz4Encoder
{
    private const int MinimumMatch = 4;
    private const int HashBits = 13;
    private const int LargestOffset = ushort.MaxValue;

    // The format's rules for the end of a block: the last 5 bytes are literals, and no match starts within the last 12.
    private const int LastLiterals = 5;
    private const int NoMatchWithin = 12;

    // After 64 misses in a row the step grows, so that bytes that cannot be packed are passed over quickly.
    private const int SkipShift = 6;

    /// <summary>The most bytes that packing can come to.</summary>
    public static int Bound(int length) => checked(length + (length / 255) + 16);

    /// <param name="source">Up to 1 GiB.</param>
    /// <param name="target">At least <see cref="Bound"/> of the source's length.</param>
    /// <returns>Bytes written.</returns>
    public static int Encode(ReadOnlySpan<byte> source, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(target.Length, Bound(source.Length));
        int* table = stackalloc int[1 << HashBits];
        new Span<int>(table, 1 << HashBits).Fill(-1);
        fixed (byte* from = source, to = target)
        {
            return Encode(from, source.Length, to, table);
        }
    }

    private static int Encode(byte* source, int length, byte* start, int* table)
    {
        byte* target = start;
        int anchor = 0;
        int position = 0;
        int misses = 0;
        while (position <= length - NoMatchWithin - 1)
        {
            uint word = *(uint*)(source + position);
            int slot = (int)((word * 2654435761U) >> (32 - HashBits));
            int candidate = table[slot];
            table[slot] = position;
            if (candidate < 0 || position - candidate > LargestOffset || *(uint*)(source + candidate) != word)
            {
                position += 1 + (misses++ >> SkipShift);
                continue;
            }

            misses = 0;
            while (position > anchor && candidate > 0 && source[position - 1] == source[candidate - 1])
            {
                position--;
                candidate--;
            }

            int limit = length - LastLiterals - position;
            int match = MinimumMatch + Common(source + position + MinimumMatch, source + candidate + MinimumMatch, limit - MinimumMatch);
            target = WriteSequence(target, source + anchor, position - anchor, position - candidate, match);
            position += match;
            anchor = position;
        }

        return (int)(WriteLiterals(target, source + anchor, length - anchor, 0) - start);
    }

    private static int Common(byte* a, byte* b, int limit)
    {
        int count = 0;
        while (count + 8 <= limit)
        {
            ulong difference = *(ulong*)(a + count) ^ *(ulong*)(b + count);
            if (difference != 0)
            {
                return count + (System.Numerics.BitOperations.TrailingZeroCount(difference) >> 3);
            }

            count += 8;
        }

        while (count < limit && a[count] == b[count])
        {
            count++;
        }

        return count;
    }

    private static byte* WriteSequence(byte* target, byte* literals, int count, int offset, int match)
    {
        int more = match - MinimumMatch;
        target = WriteLiterals(target, literals, count, Math.Min(more, 15));
        *target++ = (byte)offset;
        *target++ = (byte)(offset >> 8);
        return more >= 15 ? WriteMore(target, more - 15) : target;
    }

    private static byte* WriteLiterals(byte* target, byte* literals, int count, int matchNibble)
    {
        *target++ = (byte)((Math.Min(count, 15) << 4) | matchNibble);
        if (count >= 15)
        {
            target = WriteMore(target, count - 15);
        }

        Unsafe.CopyBlockUnaligned(target, literals, (uint)count);
        return target + count;
    }

    private static byte* WriteMore(byte* target, int rest)
    {
        for (; rest >= byte.MaxValue; rest -= byte.MaxValue)
        {
            *target++ = byte.MaxValue;
        }

        *target++ = (byte)rest;
        return target;
    }
}

using System.Runtime.CompilerServices;

namespace DataStoreFS.N5;

/// <summary>
/// The LZ4 block format, unpacked by managed code, so that nothing has to be installed. Every read and write is checked against the ends of
/// both spans before it happens: the source may be hostile.
/// </summary>
internal static unsafe class Lz4Decoder
{
    private const int MinimumMatch = 4;
    private const int Extended = 15;

    // The short way copies 16 literal bytes and 18 match bytes whatever their count, so that many must lie ahead in source and target.
    private const int ShortWaySource = 18;
    private const int ShortWayTarget = 40;

    /// <summary>True when the source is one whole LZ4 block that fills the target exactly.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source, to = target)
        {
            return TryDecode(from, from + source.Length, to, to + target.Length);
        }
    }

    private static bool TryDecode(byte* source, byte* sourceEnd, byte* start, byte* targetEnd)
    {
        byte* target = start;
        while (source < sourceEnd)
        {
            int token = *source++;
            long literals = token >> 4;
            long match = token & Extended;
            if (literals != Extended && sourceEnd - source >= ShortWaySource && targetEnd - target >= ShortWayTarget)
            {
                Unsafe.CopyBlockUnaligned(target, source, 16);
                source += literals;
                target += literals;
                byte* near = target - (source[0] | (source[1] << 8));
                if (match != Extended && target - near >= 8 && near >= start)
                {
                    source += 2;
                    *(ulong*)target = *(ulong*)near;
                    *(ulong*)(target + 8) = *(ulong*)(near + 8);
                    *(ushort*)(target + 16) = *(ushort*)(near + 16);
                    target += match + MinimumMatch;
                    continue;
                }
            }
            else
            {
                if (literals == Extended && !TryReadMore(ref source, sourceEnd, ref literals))
                {
                    return false;
                }

                if (literals > sourceEnd - source || literals > targetEnd - target)
                {
                    return false;
                }

                Buffer.MemoryCopy(source, target, literals, literals);
                source += literals;
                target += literals;
                if (source == sourceEnd)
                {
                    return target == targetEnd;
                }
            }

            if (sourceEnd - source < 2)
            {
                return false;
            }

            int offset = source[0] | (source[1] << 8);
            source += 2;
            if (match == Extended && !TryReadMore(ref source, sourceEnd, ref match))
            {
                return false;
            }

            match += MinimumMatch;
            if (offset == 0 || offset > target - start || match > targetEnd - target)
            {
                return false;
            }

            Repeat(target, offset, match);
            target += match;
        }

        return false;
    }

    /// <summary>Adds the bytes that follow a length nibble of 15: each up to and including the first that is not 255.</summary>
    private static bool TryReadMore(ref byte* source, byte* sourceEnd, ref long length)
    {
        int value;
        do
        {
            if (source >= sourceEnd)
            {
                return false;
            }

            value = *source++;
            length += value;
        }
        while (value == byte.MaxValue);
        return true;
    }

    /// <summary>
    /// Copies what lies <paramref name="offset"/> bytes back. When it overlaps, the output is periodic in the offset, so a copy from the fixed
    /// start may double with each step.
    /// </summary>
    private static void Repeat(byte* target, int offset, long length)
    {
        byte* pattern = target - offset;
        while (length > 0)
        {
            long step = Math.Min(length, target - pattern);
            Buffer.MemoryCopy(pattern, target, step, step);
            target += step;
            length -= step;
        }
    }
}

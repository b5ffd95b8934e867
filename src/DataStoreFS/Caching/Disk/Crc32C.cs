using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DataStoreFS.Caching.Disk;

/// <summary>CRC-32C (Castagnoli, as in iSCSI and ext4) by the processor's instruction where it has one.</summary>
public static class Crc32C
{
    // The instruction takes 3 cycles but one can start every cycle (x86-64 and most arm64), so three independent streams are run side by side
    // and their results joined. 2 KiB a stream: the joining (8 table look-ups) is then under 3 % of the work, and the remainder that runs in a
    // single stream is small beside a block.
    private const int StreamBytes = 2048;
    private const int RoundBytes = 3 * StreamBytes;

    private static readonly uint[] s_skip = BuildSkipTable();

    public static uint Compute(ReadOnlySpan<byte> data) => ~Update(~0u, data);

    /// <summary>Joins the checksums of two neighbouring pieces by going on where the first ended.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data) => ~Update(~crc, data);

    private static uint Update(uint register, ReadOnlySpan<byte> data)
    {
        while (data.Length >= RoundBytes)
        {
            ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(data[..RoundBytes]);
            ref ulong first = ref MemoryMarshal.GetReference(words);
            uint a = register;
            uint b = 0;
            uint c = 0;
            const int StreamWords = StreamBytes / sizeof(ulong);
            for (nint i = 0; i < StreamWords; i++)
            {
                a = BitOperations.Crc32C(a, Word(Unsafe.Add(ref first, i)));
                b = BitOperations.Crc32C(b, Word(Unsafe.Add(ref first, i + StreamWords)));
                c = BitOperations.Crc32C(c, Word(Unsafe.Add(ref first, i + (2 * StreamWords))));
            }

            register = Skip(Skip(a) ^ b) ^ c;
            data = data[RoundBytes..];
        }

        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(data))
        {
            register = BitOperations.Crc32C(register, Word(word));
        }

        foreach (byte value in data[(data.Length & ~7)..])
        {
            register = BitOperations.Crc32C(register, value);
        }

        return register;
    }

    private static ulong Word(ulong word) => BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word);

    /// <summary>What the register becomes after <see cref="StreamBytes"/> zero bytes.</summary>
    private static uint Skip(uint register) =>
        s_skip[register & 0xff] ^ s_skip[256 + ((register >> 8) & 0xff)] ^ s_skip[512 + ((register >> 16) & 0xff)] ^ s_skip[768 + (register >> 24)];

    // The register is linear over GF(2) in its start value, so 32 runs over zeros (one a bit) give the answer for every value.
    private static uint[] BuildSkipTable()
    {
        uint[] table = new uint[4 * 256];
        for (int bit = 0; bit < 32; bit++)
        {
            uint register = 1u << bit;
            for (int i = 0; i < StreamBytes / sizeof(ulong); i++)
            {
                register = BitOperations.Crc32C(register, 0ul);
            }

            int row = bit / 8 * 256;
            int mask = 1 << (bit % 8);
            for (int value = 0; value < 256; value++)
            {
                if ((value & mask) != 0)
                {
                    table[row + value] ^= register;
                }
            }
        }

        return table;
    }
}

namespace DataStoreFS.N5;

/// <summary>RFC 1950's checksum.</summary>
internal static class Adler32
{
    private const uint Modulus = 65521;

    // As many bytes as can be summed before the second sum could leave 32 bits (zlib calls it NMAX).
    private const int Run = 5552;

    public static uint Compute(ReadOnlySpan<byte> data)
    {
        uint low = 1;
        uint high = 0;
        while (!data.IsEmpty)
        {
            ReadOnlySpan<byte> part = data[..Math.Min(data.Length, Run)];
            foreach (byte value in part)
            {
                low += value;
                high += low;
            }

            low %= Modulus;
            high %= Modulus;
            data = data[part.Length..];
        }

        return (high << 16) | low;
    }
}

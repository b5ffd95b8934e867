using ICSharpCode.SharpZipLib;
using ICSharpCode.SharpZipLib.BZip2;

namespace DataStoreFS.N5;

/// <param name="blockSize">1 to 9, in units of 100,000 bytes.</param>
internal sealed class Bzip2Codec(int blockSize) : StreamCodec
{
    protected override string Name => "bzip2";

    protected override Stream OpenReader(Stream source) => new BZip2InputStream(source) { IsStreamOwner = false };

    protected override Stream OpenWriter(Stream target) => new BZip2OutputStream(target, Math.Clamp(blockSize, 1, 9)) { IsStreamOwner = false };

    /// <summary>On damaged input the library's decoder also runs out of its tables.</summary>
    protected override bool IsDamage(Exception fault) =>
        fault is SharpZipBaseException or IOException or IndexOutOfRangeException
            or ArgumentException or InvalidOperationException or OverflowException;

    /// <summary>The library reads its source byte by byte and never ahead, so its position is where the data ends.</summary>
    protected override void CheckEnd(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> voxels, long position)
    {
        if (position != packed.Length)
        {
            throw N5Fault.Invalid($"the bzip2 data is followed by {packed.Length - position} other bytes");
        }
    }
}

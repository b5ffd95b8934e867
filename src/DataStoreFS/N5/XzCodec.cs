using System.Buffers;
using System.Runtime.InteropServices;
using DataStoreFS.Model;

namespace DataStoreFS.N5;

/// <summary>
/// The .xz format by way of the system's liblzma: .NET has none, and xz is too rare in N5 trees to carry a decoder along.
/// </summary>
/// <param name="preset">0 to 9.</param>
internal sealed unsafe partial class XzCodec(int preset) : PayloadCodec
{
    private const string Library = "liblzma.so.5";

    // lzma/base.h, lzma_ret.
    private const int Ok = 0;
    private const int MemoryLimitReached = 6;

    // lzma/check.h: what xz and Java's XZ write unless told otherwise.
    private const int CheckCrc64 = 4;

    // The largest preset needs 65 MiB to decode; a header that asks for gigabytes is refused.
    private const ulong MemoryLimit = 256UL << 20;

    public override void Decode(ReadOnlySpan<byte> packed, Span<byte> voxels)
    {
        ulong limit = MemoryLimit;
        nuint read = 0;
        nuint written = 0;
        byte nowhere = 0;
        int result;
        try
        {
            // liblzma takes a null pointer for a programming error even where the length is 0.
            fixed (byte* from = packed, to = voxels)
            {
                result = lzma_stream_buffer_decode(
                    &limit, 0, null,
                    from is null ? &nowhere : from, &read, (nuint)packed.Length,
                    to is null ? &nowhere : to, &written, (nuint)voxels.Length);
            }
        }
        catch (DllNotFoundException absent)
        {
            throw Missing(absent);
        }

        if (result == MemoryLimitReached)
        {
            throw N5Fault.Invalid($"the xz data wants {limit >> 20} MiB of memory to be decoded; {MemoryLimit >> 20} MiB are allowed");
        }

        if (result != Ok || written != (nuint)voxels.Length)
        {
            throw N5Fault.Invalid($"the xz data is damaged, cut short, or not {voxels.Length} bytes of voxels (liblzma code {result})");
        }

        if (read != (nuint)packed.Length)
        {
            throw N5Fault.Invalid($"the xz data is followed by {(nuint)packed.Length - read} other bytes");
        }
    }

    public override void Encode(ReadOnlySpan<byte> voxels, IBufferWriter<byte> packed)
    {
        nuint written = 0;
        byte nowhere = 0;
        int result;
        try
        {
            int bound = checked((int)lzma_stream_buffer_bound((nuint)voxels.Length));
            Span<byte> target = packed.GetSpan(bound);
            fixed (byte* from = voxels, to = target)
            {
                result = lzma_easy_buffer_encode(
                    (uint)Math.Clamp(preset, 0, 9), CheckCrc64, null,
                    from is null ? &nowhere : from, (nuint)voxels.Length,
                    to, &written, (nuint)target.Length);
            }
        }
        catch (DllNotFoundException absent)
        {
            throw Missing(absent);
        }

        if (result != Ok)
        {
            throw new DataStoreException(DataStoreErrorKind.Local, $"liblzma cannot pack a block of {voxels.Length} bytes (code {result})");
        }

        packed.Advance((int)written);
    }

    private static DataStoreException Missing(DllNotFoundException absent) => new(
        DataStoreErrorKind.Local,
        $"xz blocks need the library {Library}, which is not installed; install liblzma5 (Debian, Ubuntu) or xz-libs (Fedora, RHEL)",
        absent);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int lzma_stream_buffer_decode(
        ulong* memoryLimit, uint flags, void* allocator, byte* source, nuint* sourcePosition, nuint sourceSize, byte* target, nuint* targetPosition,
        nuint targetSize);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int lzma_easy_buffer_encode(
        uint preset, int check, void* allocator, byte* source, nuint sourceSize, byte* target, nuint* targetPosition, nuint targetSize);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint lzma_stream_buffer_bound(nuint size);
}

using DataStoreFS.N5;

namespace DataStoreFS.WriteBack;

/// <summary>What one flush looks at. Disposing gives the borrowed bytes back.</summary>
/// <param name="Buffer">A reference of the flush's own; its length is the reservation, not the file's.</param>
/// <param name="Length">Bytes of the file.</param>
/// <param name="Generation">For <see cref="BlockWriteBuffer.Saved"/>.</param>
public sealed record UnsentContent(BlockBuffer Buffer, int Length, long Generation) : IDisposable
{
    public ReadOnlySpan<byte> File => Buffer.GetSpan()[..Length];

    public void Dispose() => Buffer.Release();
}

using System.Runtime.CompilerServices;
using LinuxFuse.Protocol;

namespace LinuxFuse.Session;

/// <summary>
/// A message that was read into two places: where the data of a WRITE would lie in the reader's buffer, the file system's memory lies over it. For
/// any other message that memory's part is put back.
/// </summary>
internal static unsafe class SplitMessage
{
    /// <summary>Of a WRITE, in its message.</summary>
    public static readonly int DataStart = sizeof(InHeader) + sizeof(WriteIn);

    /// <summary>Whether memory can lie over a buffer.</summary>
    public static bool Fits(NativeBuffer buffer, int dataBytes) => dataBytes > FuseRequest.InlineBytes && DataStart + dataBytes <= buffer.Capacity;

    /// <summary>
    /// True if the message is a WRITE that has filled the memory, no more and no less. Else the buffer is as if it alone had been read into.
    /// </summary>
    public static bool Settle(NativeBuffer buffer, int length, ReadOnlySpan<byte> data)
    {
        if (length == DataStart + data.Length)
        {
            ref readonly InHeader header = ref Unsafe.AsRef<InHeader>(buffer.Pointer);
            ref readonly WriteIn write = ref Unsafe.AsRef<WriteIn>(buffer.Pointer + sizeof(InHeader));
            if (header.Opcode == (uint)FuseOpcode.Write && header.ExtensionLength == 0 && write.Size == (uint)data.Length)
                return true;
        }

        if (length > DataStart)
            data[..Math.Min(length - DataStart, data.Length)].CopyTo(buffer.GetSpan()[DataStart..]);
        return false;
    }
}

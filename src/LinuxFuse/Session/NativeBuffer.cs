using System.Buffers;
using System.Runtime.InteropServices;

namespace LinuxFuse.Session;

/// <summary>Page-aligned native memory for requests and replies.</summary>
/// <remarks>
/// Contract. Has one owner at a time: a reader, a request or the <see cref="BufferPool"/>; passed on by handing over the reference.
/// Dies when <see cref="Free"/> is called by the pool that is closed or full, or by the owner of an unpooled one. Never collected with memory in it.
/// </remarks>
internal sealed unsafe class NativeBuffer : MemoryManager<byte>
{
    private const int PageBytes = 4096;

    public NativeBuffer(int capacity)
    {
        Capacity = capacity;
        Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)capacity, PageBytes);
    }

    public byte* Pointer { get; private set; }

    public int Capacity { get; }

    public void Free()
    {
        byte* pointer = Pointer;
        Pointer = null;
        NativeMemory.AlignedFree(pointer);
    }

    public override Span<byte> GetSpan() => new(Pointer, Pointer is null ? 0 : Capacity);

    public override MemoryHandle Pin(int elementIndex = 0) => new(Pointer + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing) => Free();
}

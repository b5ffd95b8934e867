using System.Buffers;
using DataStoreFS.Model;

namespace DataStoreFS.N5;

/// <summary>
/// One block in native memory, laid out as the N5 <c>raw</c> block file it is: <see cref="HeaderBytes"/> of N5 header, then the voxels.
/// The last 12 header bytes and the payload are exactly a frame of the server's protocol, so a block is never converted or copied on its way.
/// </summary>
/// <remarks>
/// Contract. Owned by reference count: who calls <see cref="NativeBlockPool.Rent"/> holds the first reference.
/// Passed on by <see cref="Retain"/> (the receiver gets a reference of its own) or by documented transfer ("takes the reference").
/// Every holder calls <see cref="Release"/> exactly once; the last one returns the memory to the pool, and any use after that is a bug.
/// Content is written only before the buffer is shared (published in a cache or given to a second holder).
/// DEBUG builds count live buffers per pool; tests fail when some are left.
/// </remarks>
public sealed unsafe class BlockBuffer : MemoryManager<byte>
{
    /// <summary>u16 mode 0, u16 dimension count 3, three u32 sizes; all big-endian (N5 block format, default mode).</summary>
    public const int HeaderBytes = 2 + 2 + (3 * 4);

    private readonly NativeBlockPool _pool;
    private int _references;
    private long _fetchedAt;
    private long _delivered;

    internal BlockBuffer(NativeBlockPool pool, BlockSlab slab, byte* pointer, int capacity)
    {
        _pool = pool;
        Slab = slab;
        Pointer = pointer;
        Capacity = capacity;
    }

    internal byte* Pointer { get; }

    /// <summary>What its memory is a piece of.</summary>
    internal BlockSlab Slab { get; }

    internal int Capacity { get; }

    /// <summary>Bytes of the file: header and voxels.</summary>
    public int Length { get; private set; }

    /// <summary>
    /// Since when the content is known, in milliseconds of <see cref="Environment.TickCount64"/>: the time of renting, unless the buffer was filled
    /// from something older (a disk tier) or was found unchanged later. Readers' caches must not keep it longer than the maximum age from here.
    /// </summary>
    public long FetchedAt { get => Volatile.Read(ref _fetchedAt); set => Volatile.Write(ref _fetchedAt, value); }

    /// <summary>A reader that keeps what it gets (the kernel's page cache) has taken as many bytes as there are.</summary>
    public bool IsDelivered => Volatile.Read(ref _delivered) >= Length;

    /// <summary>Voxels per axis, as the header says.</summary>
    public Size3 Size => N5Header.ReadSize(GetSpan());

    public ReadOnlySpan<byte> Payload => new(Pointer + HeaderBytes, Length - HeaderBytes);

    public Span<byte> WritablePayload => new(Pointer + HeaderBytes, Length - HeaderBytes);

    /// <summary>Adds a reference. Only a holder may call it; to take one from a shared table use <see cref="TryRetain"/>.</summary>
    public BlockBuffer Retain()
    {
        int now = Interlocked.Increment(ref _references);
        ObjectDisposedException.ThrowIf(now <= 1, this);
        return this;
    }

    /// <summary>Adds a reference unless the last one is gone.</summary>
    public bool TryRetain()
    {
        int seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            int was = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (was == seen)
            {
                return true;
            }

            seen = was;
        }

        return false;
    }

    /// <summary>Such a reader has taken so many bytes. What it takes again counts again: this is a hint for whoever needs memory.</summary>
    public void Deliver(int bytes) => Interlocked.Add(ref _delivered, bytes);

    public void Release()
    {
        int now = Interlocked.Decrement(ref _references);
        ObjectDisposedException.ThrowIf(now < 0, this);
        if (now == 0)
        {
            _pool.Return(this);
        }
    }

    /// <summary>The whole file image, header first.</summary>
    public override Span<byte> GetSpan() => new(Pointer, Length);

    /// <summary>The pool gives it out again: one reference, this length.</summary>
    internal void Reset(int length)
    {
        Length = length;
        FetchedAt = Environment.TickCount64;
        Volatile.Write(ref _delivered, 0);
        Volatile.Write(ref _references, 1);
    }

    public override MemoryHandle Pin(int elementIndex = 0) => new(Pointer + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}

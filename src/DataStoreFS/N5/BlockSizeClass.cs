namespace DataStoreFS.N5;

/// <summary>The buffers of one size that are free, and the slabs that new ones are cut from.</summary>
/// <remarks>Contract. Belongs to a <see cref="NativeBlockPool"/>, under whose lock all members are called.</remarks>
internal sealed unsafe class BlockSizeClass(int pieceBytes)
{
    // Until then it may be a size that hardly occurs.
    private const long ProvenBytes = 4 << 20;

    private BlockSlab? _current;
    private BlockSlab? _next;
    private long _cutBytes;

    /// <summary>Free, with pages.</summary>
    public Stack<BlockBuffer> Warm { get; } = new();

    /// <summary>Free, without.</summary>
    public Stack<BlockBuffer> Cold { get; } = new();

    public List<BlockSlab> Slabs { get; } = [];

    /// <summary>Of the huge pages that have memory or are about to, what no piece begins in yet.</summary>
    public nint AheadBytes => (_current?.AheadBytes ?? 0) + (_next?.AheadBytes ?? 0);

    /// <summary>Cuts are frequent enough that the pages of the next ones are worth touching.</summary>
    public bool IsProven => _cutBytes >= ProvenBytes && !_current!.IsOnePiece;

    /// <summary>A piece that has never been used.</summary>
    /// <exception cref="InsufficientMemoryException">The system has no memory left.</exception>
    public byte* Cut(out BlockSlab slab)
    {
        byte* piece = _current is null ? null : _current.Cut();
        if (piece is null)
        {
            _current = _next ?? AddSlab();
            _next = null;
            piece = _current.Cut();
        }

        _cutBytes += pieceBytes;
        slab = _current!;
        return piece;
    }

    /// <summary>
    /// The huge page after those that have memory; from now on it counts as one of them. There is one while less than a slab is ahead.
    /// </summary>
    /// <exception cref="InsufficientMemoryException">It would be the first of a slab, for which there are no addresses.</exception>
    public byte* TakeAhead(out BlockSlab slab)
    {
        slab = _current!;
        byte* page = slab.TakeAhead();
        if (page is null)
        {
            slab = _next ??= AddSlab();
            page = slab.TakeAhead();
        }

        return page;
    }

    private BlockSlab AddSlab()
    {
        BlockSlab slab = new(pieceBytes, isFirst: _current is null);
        Slabs.Add(slab);
        return slab;
    }
}

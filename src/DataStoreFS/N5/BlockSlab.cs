namespace DataStoreFS.N5;

/// <summary>One mapping, cut from the front into pieces of equal size.</summary>
/// <remarks>
/// Contract. Belongs to the size class of a <see cref="NativeBlockPool"/>, under whose lock all members are called. Unmapped by <see cref="Free"/>
/// when no piece of it is rented any more and the pool has ended; one that <see cref="IsOnePiece"/> also when that piece is not kept.
/// </remarks>
internal sealed unsafe class BlockSlab
{
    // The first blocks of a size come out of a small slab, so that the sizes that hardly occur (clipped blocks at the edges of each level) do not
    // take a huge page each. What follows is in use by the dozen.
    private const int FirstBytes = 2 << 20;
    private const int LaterBytes = 32 << 20;

    private readonly byte* _begin;
    private readonly nint _bytes;
    private readonly int _pieceBytes;
    private readonly bool _isHuge;
    private nint _cut;
    private nint _reached;

    public BlockSlab(int pieceBytes, bool isFirst)
    {
        _pieceBytes = pieceBytes;
        if (isFirst && pieceBytes <= FirstBytes)
        {
            _bytes = FirstBytes / pieceBytes * pieceBytes;
            _begin = (byte*)PageMapping.Map(_bytes);
            return;
        }

        nint wanted = Math.Max(LaterBytes / pieceBytes, 1) * (nint)pieceBytes;
        _bytes = (wanted + PageMapping.HugePageBytes - 1) & ~(nint)(PageMapping.HugePageBytes - 1);
        _begin = PageMapping.MapHuge(_bytes);
        _isHuge = true;
    }

    /// <summary>A block too large to share a mapping.</summary>
    public bool IsOnePiece => _pieceBytes > LaterBytes / 2;

    /// <summary>Pieces out now, and pages that are being touched.</summary>
    public int Rented { get; set; }

    /// <summary>A piece that has never been used; null when all have.</summary>
    public byte* Cut()
    {
        if (_cut + _pieceBytes > _bytes)
        {
            return null;
        }

        byte* piece = _begin + _cut;
        _cut += _pieceBytes;
        _reached = Math.Max(_reached, CutPagesBytes);
        return piece;
    }

    /// <summary>Of the huge pages taken, what no piece reaches into yet.</summary>
    public nint AheadBytes => _isHuge ? _reached - CutPagesBytes : 0;

    /// <summary>The huge page after those taken and those that pieces reach into; null when there is none.</summary>
    public byte* TakeAhead()
    {
        if (!_isHuge || _reached >= _bytes)
        {
            return null;
        }

        byte* page = _begin + _reached;
        _reached += PageMapping.HugePageBytes;
        return page;
    }

    // Huge pages that pieces reach into.
    private nint CutPagesBytes => (_cut + PageMapping.HugePageBytes - 1) & ~(nint)(PageMapping.HugePageBytes - 1);

    public void Free() => PageMapping.Free(_begin, _bytes);
}

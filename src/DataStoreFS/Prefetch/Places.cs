namespace DataStoreFS.Prefetch;

/// <summary>A grid position with its axes by number.</summary>
internal readonly record struct Place(int X, int Y, int Z)
{
    public int this[int axis] => axis switch { 0 => X, 1 => Y, _ => Z };

    public Place With(int axis, int value) => axis switch
    {
        0 => this with { X = value },
        1 => this with { Y = value },
        _ => this with { Z = value },
    };
}

/// <summary>The smallest box around places; empty before the first.</summary>
internal struct Box
{
    public Place Low;
    public Place High;
    public int Count;

    /// <summary>Cells.</summary>
    public readonly long Volume => Count == 0 ? 0 : (long)Extent(0) * Extent(1) * Extent(2);

    /// <summary>Thin in at least one axis: what a viewer that shows one plane reads.</summary>
    public readonly bool IsPlanar => Extent(0) == 1 || Extent(1) == 1 || Extent(2) == 1;

    /// <summary>The axis across a plane: z where there is a choice, -1 when it is no plane.</summary>
    public readonly int ThinAxis => Count == 0 ? -1 : IsThin(2) ? 2 : IsThin(1) ? 1 : IsThin(0) ? 0 : -1;

    /// <summary>More than one place wide in both axes other than <paramref name="axis"/>.</summary>
    public readonly bool SpansPlaneAcross(int axis) => Extent((axis + 1) % 3) > 1 && Extent((axis + 2) % 3) > 1;

    public readonly int Extent(int axis) => Count == 0 ? 0 : High[axis] - Low[axis] + 1;

    public readonly bool IsThin(int axis) => Extent(axis) == 1;

    public void Add(Place place)
    {
        if (Count++ == 0)
        {
            Low = High = place;
            return;
        }

        Low = new Place(Math.Min(Low.X, place.X), Math.Min(Low.Y, place.Y), Math.Min(Low.Z, place.Z));
        High = new Place(Math.Max(High.X, place.X), Math.Max(High.Y, place.Y), Math.Max(High.Z, place.Z));
    }
}

namespace DataStoreFS.Blocks;

/// <summary>
/// Learns how many blocks a request should have at most. A request costs a fixed part (a round trip; the original server parses its XML anew) and a
/// part per block; the line through what was observed gives both. Large enough is where the fixed part is a fifth of the whole.
/// </summary>
/// <remarks>No lock of its own: part of the state of <see cref="BlockBatcher"/>.</remarks>
internal sealed class BatchSize
{
    // Measured on the original server: 8 blocks a request over several connections deliver as much as 64, and the first byte comes ten times sooner.
    private const int Least = 8;
    private const int Most = 64;
    // What nobody waits for may be twice as much at once.
    private const int SpeculationFactor = 2;
    private const double Memory = 0.97;
    private const double FixedShare = 4;

    private double _weight;
    private double _blocks;
    private double _seconds;
    private double _squares;
    private double _products;
    private double _current = Least;

    /// <summary>Blocks per request at most, for blocks of this size.</summary>
    /// <param name="lane">Whether somebody waits.</param>
    /// <param name="blockBytes">Memory of one block.</param>
    /// <param name="maxBytes">Of a request that somebody waits for.</param>
    public int For(QueueLane lane, long blockBytes, long maxBytes)
    {
        int factor = lane == QueueLane.Speculation ? SpeculationFactor : 1;
        return (int)Math.Clamp(maxBytes * factor / blockBytes, 1, Current * factor);
    }

    /// <summary>Whatever the blocks' size.</summary>
    public int Current => (int)Math.Round(_current);

    public void Observe(int blocks, double seconds)
    {
        _weight = (_weight * Memory) + 1;
        _blocks = (_blocks * Memory) + blocks;
        _seconds = (_seconds * Memory) + seconds;
        _squares = (_squares * Memory) + ((double)blocks * blocks);
        _products = (_products * Memory) + (blocks * seconds);

        // Without requests of different sizes there is no line to draw.
        double spread = (_weight * _squares) - (_blocks * _blocks);
        if (_weight < 6 || spread < _weight * _weight * 0.5)
        {
            return;
        }

        double perBlock = ((_weight * _products) - (_blocks * _seconds)) / spread;
        double perRequest = (_seconds - (perBlock * _blocks)) / _weight;
        double wanted = perRequest <= 0 ? Least : perBlock <= 0 ? Most : Math.Clamp(FixedShare * perRequest / perBlock, Least, Most);
        _current += (wanted - _current) / 4;
    }
}

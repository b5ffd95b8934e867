using DataStoreFS.Model;

namespace DataStoreFS.Prefetch;

/// <summary>Guesses from what programs read what they will read next.</summary>
public interface IPrefetcher
{
    /// <summary>
    /// A program asks for a block. Call it after the block's own fetch has begun, so that the guess goes behind it. Cheap, allocates nothing in the
    /// steady state, never waits.
    /// </summary>
    /// <param name="key">Inside its level's grid.</param>
    /// <param name="thread">The thread that the kernel names in the request; 0 when it names none.</param>
    /// <param name="hit">Whether the answer was in memory.</param>
    void Observe(in BlockKey key, uint thread, bool hit);

    /// <summary>
    /// A thread has the block that was not in memory when it asked: from now on it is the program that takes its time. As cheap as
    /// <see cref="Observe"/>.
    /// </summary>
    void Served(uint thread);

    PrefetchStatistics Statistics { get; }
}

/// <param name="Observed">Accesses seen.</param>
/// <param name="Issued">Blocks asked for ahead.</param>
/// <param name="Used">Of these, those that a program then asked for.</param>
/// <param name="Wasted">Of these, those that nobody asked for in time.</param>
public readonly record struct PrefetchStatistics(long Observed, long Issued, long Used, long Wasted);

using DataStoreFS.Model;

namespace DataStoreFS.Prefetch;

/// <summary>Guesses that have not been handed out: nearly certain ones before likely ones, each in the order in which they came.</summary>
internal sealed class CandidateQueue
{
    // What has not been handed out by then is no longer interesting.
    private const int Most = 8192;

    private readonly Queue<Candidate> _first = new();
    private readonly Queue<Candidate> _later = new();

    public int Count => _first.Count + _later.Count;

    public void AddFirst(in Candidate candidate) => Add(_first, candidate);

    public void AddLater(in Candidate candidate) => Add(_later, candidate);

    public bool TryPeek(out Candidate candidate) => _first.TryPeek(out candidate) || _later.TryPeek(out candidate);

    public void Dequeue()
    {
        if (!_first.TryDequeue(out _))
        {
            _later.Dequeue();
        }
    }

    private static void Add(Queue<Candidate> queue, in Candidate candidate)
    {
        if (queue.Count >= Most)
        {
            queue.Dequeue();
        }

        queue.Enqueue(candidate);
    }
}

/// <param name="Key">The block.</param>
/// <param name="Reason">Why.</param>
/// <param name="Program">Whose.</param>
/// <param name="Plan">The program's plan that it is part of, 0 when of none: a new plan makes those of older ones void.</param>
internal readonly record struct Candidate(BlockKey Key, PrefetchReason Reason, Program Program, int Plan)
{
    public bool IsCurrent => Plan == 0 || Plan >= Program.PlanFloor;
}

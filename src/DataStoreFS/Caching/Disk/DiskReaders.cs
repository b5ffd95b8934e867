using System.Collections.Concurrent;
using DataStoreFS.N5;

namespace DataStoreFS.Caching.Disk;

/// <summary>
/// Threads for reads that wait for the disk. Not the thread pool: a pool thread in read(2) is missing to the network, and the pool adds threads at
/// one or two a second, while a disk wants several reads at once. What a program waits for never queues up behind a guess.
/// </summary>
/// <remarks>
/// Contract. Owns the <see cref="DiskRead"/>s that are not in use. <see cref="Dispose"/> lets the threads finish what is queued and joins them.
/// </remarks>
internal sealed class DiskReaders(Action<DiskRead> read) : IDisposable
{
    // As many reads as the eight readers of a viewer can have open; virtual and NVMe disks gain nothing beyond with 512 KiB reads.
    private const int MaximumThreads = 8;
    private const int StackBytes = 512 * 1024;

    private readonly ConcurrentStack<DiskRead> _free = [];
    private readonly Lock _gate = new();
    private readonly Queue<DiskRead> _urgent = new();
    private readonly Queue<DiskRead> _others = new();
    private readonly List<Thread> _threads = [];

    // One for each read that is queued, and at the end one for each thread. Not SemaphoreSlim (or what is made of it): that spins before it sleeps,
    // on the processors on which those run who would end the wait.
    private readonly Semaphore _work = new(0, int.MaxValue);
    private int _idle;
    private bool _ended;

    public DiskRead Rent(NativeBlockPool pool, DiskFolder folder, DiskDirect direct) =>
        _free.TryPop(out DiskRead? free) ? free : new DiskRead(this, pool, folder, direct);

    public void Return(DiskRead done)
    {
        done.Finish();
        _free.Push(done);
    }

    /// <summary>False after <see cref="Dispose"/>.</summary>
    public bool TryQueue(DiskRead work)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return false;
            }

            (work.Urgent ? _urgent : _others).Enqueue(work);
            if (_idle < _urgent.Count + _others.Count && _threads.Count < MaximumThreads)
            {
                Thread thread = new(Work, StackBytes) { IsBackground = true, Name = $"disk-read-{_threads.Count}" };
                _threads.Add(thread);
                thread.Start();
            }
        }

        _work.Release();
        return true;
    }

    public void Dispose()
    {
        Thread[] threads;
        lock (_gate)
        {
            _ended = true;
            threads = [.. _threads];
        }

        if (threads.Length > 0)
        {
            _work.Release(threads.Length);
        }

        foreach (Thread thread in threads)
        {
            // Whoever awaited a read goes on on its thread, and may be the one who disposes.
            if (thread != Thread.CurrentThread)
            {
                thread.Join();
            }
        }
    }

    private void Work()
    {
        while (TryTake(out DiskRead? work))
        {
            read(work);
        }
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out DiskRead? work)
    {
        lock (_gate)
        {
            _idle++;
        }

        _work.WaitOne();
        lock (_gate)
        {
            _idle--;
            return _urgent.TryDequeue(out work) || _others.TryDequeue(out work);
        }
    }
}

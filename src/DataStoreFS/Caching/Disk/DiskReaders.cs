using System.Collections.Concurrent;
using DataStoreFS.N5;

namespace DataStoreFS.Caching.Disk;

/// <summary>
/// Threads for reads that wait for the disk. Not the thread pool: a pool thread in read(2) is missing to the network, and the pool adds threads at
/// one or two a second, while a disk wants several reads at once.
/// </summary>
/// <remarks>
/// Contract. Owns the <see cref="DiskRead"/>s that are not in use. <see cref="Dispose"/> lets the threads finish what is queued and joins them.
/// </remarks>
internal sealed class DiskReaders(Action<DiskRead> read) : IDisposable
{
    // As many reads as the eight readers of a viewer can have open; virtual and NVMe disks gain nothing beyond with 512 KiB reads.
    private const int MaximumThreads = 8;
    private const int StackBytes = 512 * 1024;

    private readonly BlockingCollection<DiskRead> _queue = new(new DiskReadLanes());
    private readonly ConcurrentStack<DiskRead> _free = [];
    private readonly Lock _gate = new();
    private readonly List<Thread> _threads = [];
    private int _idle;

    public DiskRead Rent(NativeBlockPool pool, DiskFolder folder) => _free.TryPop(out DiskRead? free) ? free : new DiskRead(this, pool, folder);

    public void Return(DiskRead done)
    {
        done.Finish();
        _free.Push(done);
    }

    /// <summary>False after <see cref="Dispose"/>.</summary>
    public bool TryQueue(DiskRead work)
    {
        if (Volatile.Read(ref _idle) <= _queue.Count)
        {
            AddThread();
        }

        try
        {
            _queue.Add(work);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _queue.CompleteAdding();
        Thread[] threads;
        lock (_gate)
        {
            threads = [.. _threads];
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

    private void AddThread()
    {
        lock (_gate)
        {
            if (_threads.Count >= MaximumThreads)
            {
                return;
            }

            Thread thread = new(Work, StackBytes) { IsBackground = true, Name = $"disk-read-{_threads.Count}" };
            _threads.Add(thread);
            thread.Start();
        }
    }

    private void Work()
    {
        Interlocked.Increment(ref _idle);
        foreach (DiskRead work in _queue.GetConsumingEnumerable())
        {
            Interlocked.Decrement(ref _idle);
            read(work);
            Interlocked.Increment(ref _idle);
        }
    }
}

using System.Collections;
using System.Collections.Concurrent;

namespace DataStoreFS.Caching.Disk;

/// <summary>Reads that wait for a thread: what a program waits for never queues up behind a guess.</summary>
internal sealed class DiskReadLanes : IProducerConsumerCollection<DiskRead>
{
    private readonly ConcurrentQueue<DiskRead> _urgent = new();
    private readonly ConcurrentQueue<DiskRead> _others = new();

    public int Count => _urgent.Count + _others.Count;

    bool ICollection.IsSynchronized => false;

    object ICollection.SyncRoot => throw new NotSupportedException();

    public bool TryAdd(DiskRead item)
    {
        (item.Urgent ? _urgent : _others).Enqueue(item);
        return true;
    }

    public bool TryTake(out DiskRead item) => _urgent.TryDequeue(out item!) || _others.TryDequeue(out item!);

    public DiskRead[] ToArray() => [.. _urgent, .. _others];

    public void CopyTo(DiskRead[] array, int index) => ToArray().CopyTo(array, index);

    void ICollection.CopyTo(Array array, int index) => ToArray().CopyTo(array, index);

    public IEnumerator<DiskRead> GetEnumerator() => _urgent.Concat(_others).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

namespace LinuxFuse;

/// <summary>Gives out <see cref="FileHandle"/>s for objects. A handle that was removed is never valid again, although its slot is reused.</summary>
/// <remarks>All members may be called from any thread. <see cref="Find"/> takes no lock and allocates nothing.</remarks>
public sealed class HandleTable<T>
    where T : class
{
    // A handle is (slot number + 1) in the low half and the slot's use count in the high half, so that 0 is nobody's.
    private readonly Lock _gate = new();
    private readonly Stack<uint> _free = new();
    private Slot[] _slots = new Slot[16];
    private uint _used;
    private int _count;

    /// <summary>Handles in use.</summary>
    public int Count => Volatile.Read(ref _count);

    public FileHandle Add(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (_gate)
        {
            if (!_free.TryPop(out uint index))
            {
                if (_used == _slots.Length)
                {
                    Slot[] larger = new Slot[_slots.Length * 2];
                    _slots.CopyTo(larger, 0);
                    Volatile.Write(ref _slots, larger);
                }

                index = _used++;
                _slots[index] = new Slot();
            }

            Slot slot = _slots[index];
            FileHandle handle = new(((ulong)slot.Uses << 32) | (index + 1));
            Volatile.Write(ref slot.Entry, new Entry(handle, value));
            _count++;
            return handle;
        }
    }

    /// <summary>The object, or null if the handle was removed or never given out.</summary>
    public T? Find(FileHandle handle)
    {
        Entry? entry = SlotOf(Volatile.Read(ref _slots), handle) is { } slot ? Volatile.Read(ref slot.Entry) : null;
        return entry is not null && entry.Handle == handle ? entry.Value : null;
    }

    /// <summary>Ends the handle's life. Returns its object, or null if somebody else did so before.</summary>
    public T? Remove(FileHandle handle)
    {
        lock (_gate)
        {
            if (SlotOf(_slots, handle) is not { } slot || slot.Entry is not { } entry || entry.Handle != handle)
                return null;
            Volatile.Write(ref slot.Entry, null);
            slot.Uses++;
            _free.Push((uint)handle.Value - 1);
            _count--;
            return entry.Value;
        }
    }

    /// <summary>Ends the lives of all handles. Returns their objects.</summary>
    public IReadOnlyList<T> RemoveAll()
    {
        lock (_gate)
        {
            List<T> removed = new(_count);
            for (uint index = 0; index < _used; index++)
            {
                Slot slot = _slots[index];
                if (slot.Entry is { } entry)
                {
                    removed.Add(entry.Value);
                    Volatile.Write(ref slot.Entry, null);
                    slot.Uses++;
                    _free.Push(index);
                }
            }

            _count = 0;
            return removed;
        }
    }

    private static Slot? SlotOf(Slot[] slots, FileHandle handle)
    {
        uint index = (uint)handle.Value - 1;
        return index < (uint)slots.Length ? slots[index] : null;
    }

    private sealed class Slot
    {
        public Entry? Entry;
        public uint Uses;
    }

    private sealed record Entry(FileHandle Handle, T Value);
}

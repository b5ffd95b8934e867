using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.WriteBack;

/// <summary>
/// The content of one block file while programs write it: what all handles of the node see and what a flush sends. Writes may come at any offset
/// and in any number (Java writes a gzip block as hundreds of 512-byte pieces); gaps read as zeros, as in any file.
/// </summary>
/// <remarks>
/// Contract. Lives in a <see cref="BlockWriteBuffers"/> table, which counts the handles and disposes it with the last one. Its bytes are one pooled
/// native buffer that only this type changes. A flush borrows them by <see cref="TakeUnsent"/> (a counted reference); a write after that
/// moves to a fresh buffer first, so what a flush looks at never changes under it. Nothing is rented until somebody writes or truncates.
/// All members are thread-safe; after <see cref="Dispose"/> there is no content, and writing throws.
/// </remarks>
public sealed class BlockWriteBuffer : IDisposable
{
    private readonly Lock _gate = new();
    private readonly NativeBlockPool _pool;
    private readonly string _name;
    private readonly int _usualLength;
    private readonly int _maximumLength;

    private BlockBuffer? _content; // null: nobody has written or truncated; the file is what the store says
    private int _capacity;
    private int _length;
    private bool _lent; // a flush holds a reference: copy before changing
    private bool _existed;
    private bool _loaded;
    private bool _unlinked;
    private bool _disposed;
    private bool _setAside;
    private bool _wasRead;
    private WriteGenerations _generations;

    /// <param name="pool">Where the bytes come from.</param>
    /// <param name="name">The file, for messages.</param>
    /// <param name="existed">Whether the block was there before; a truncated block that was there cannot become nothing.</param>
    /// <param name="usualLength">The first reservation: the full raw block file, so that the pool can reuse blocks' memory.</param>
    /// <param name="maximumLength">See <see cref="BlockFileLimit"/>.</param>
    public BlockWriteBuffer(NativeBlockPool pool, string name, bool existed, int usualLength, int maximumLength)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(usualLength, maximumLength);
        _pool = pool;
        _name = name;
        _existed = existed;
        _usualLength = Math.Max(usualLength, BlockBuffer.HeaderBytes);
        _maximumLength = maximumLength;
    }

    /// <summary>The file, for messages.</summary>
    public string Name => _name;

    /// <summary>
    /// Held from <see cref="TakeUnsent"/> until the write side has answered, one flush after the other: two handles that flush at the same time could
    /// otherwise hand on the older content last.
    /// </summary>
    internal SemaphoreSlim SaveTurn { get; } = new(1, 1); // without a wait handle there is nothing to dispose

    /// <summary>Whether reads and the size come from here instead of from the store. True from the start for a block that did not exist.</summary>
    public bool HasContent => Length is not null;

    /// <summary>
    /// Whether the block existed and nothing here replaces it yet: a write or a truncation to a length above 0 needs <see cref="Load"/> first.
    /// </summary>
    public bool NeedsBase
    {
        get
        {
            lock (_gate)
            {
                return LacksBase;
            }
        }
    }

    /// <summary>Bytes of the file; null while there is no content of its own.</summary>
    public long? Length
    {
        get
        {
            lock (_gate)
            {
                return OwnContent ? _length : null;
            }
        }
    }

    /// <summary>
    /// What it holds is nothing that others should see: the server would not take it, or a new file was closed without a byte. Its own handles go on
    /// with it, everybody else sees what the store says; the next change ends this.
    /// </summary>
    public bool IsSetAside => Volatile.Read(ref _setAside);

    /// <summary>Whether content was read while it could still change: the kernel may have kept pages of it.</summary>
    public bool WasRead => Volatile.Read(ref _wasRead);

    public void SetAside() => Volatile.Write(ref _setAside, true);

    /// <summary>Whether a flush would find something that was not accepted yet.</summary>
    public bool IsDirty => Changed(sinceFlush: false);

    /// <summary>
    /// Whether there are changes that no flush has looked at: a shared mapping writes after close(). At the last handle's release these, and only
    /// these, are saved once more; what a flush has failed on was told to its closer.
    /// </summary>
    public bool ChangedSinceFlush => Changed(sinceFlush: true);

    /// <summary>
    /// Gives the file as it is before it is changed (empty: the block is missing). Not a change; ignored when there is content already.
    /// </summary>
    public void Load(ReadOnlySpan<byte> file)
    {
        if (!NeedsBase)
        {
            return;
        }

        Change(EndOf(0, file.Length), static (self, image, _) =>
        {
            if (!self._loaded && !self._generations.ChangedSinceDropped)
            {
                image.CopyTo(self._content!.GetSpan());
                self._length = image.Length;
                self._loaded = true;
            }
        }, file, 0, counts: false, needsBase: false);
    }

    /// <returns>False: nothing was done, because the present content has to be loaded first, or again (<see cref="TryDropSaved"/>).</returns>
    /// <exception cref="DataStoreException">TooLarge: no block of this level can be that long.</exception>
    public bool TryWrite(long offset, ReadOnlySpan<byte> data) => data.IsEmpty || Change(EndOf(offset, data.Length), static (self, bytes, at) =>
    {
        Span<byte> content = self._content!.GetSpan();
        if (at > self._length)
        {
            content[self._length..at].Clear();
        }

        bytes.CopyTo(content[at..]);
        self._length = Math.Max(self._length, at + bytes.Length);
    }, data, (int)offset, counts: true, needsBase: true);

    /// <summary><see cref="TryWrite"/> of a buffer that <see cref="NeedsBase">needs no base</see>.</summary>
    public void Write(long offset, ReadOnlySpan<byte> data) => RequireBase(TryWrite(offset, data));

    /// <summary>
    /// Whether a write of so many bytes from the beginning on leaves nothing of what is there, so that it may come as a buffer of its own.
    /// </summary>
    public bool CanAdopt(int length)
    {
        lock (_gate)
        {
            return length >= _length && length <= _maximumLength && !LacksBase;
        }
    }

    /// <summary>
    /// A write from the beginning on, without a copy; see <see cref="CanAdopt"/>. Takes the reference, of which there must be no other. Longer
    /// content that came meanwhile stays behind it.
    /// </summary>
    public void Adopt(BlockBuffer file)
    {
        BlockBuffer? replaced = file;
        try
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (file.Length >= _length)
                {
                    (_content, replaced) = (file, _content);
                    (_length, _capacity, _lent) = (file.Length, file.Length, false);
                    _generations.Change();
                    _setAside = false;
                    return;
                }
            }

            Write(0, file.GetSpan());
        }
        finally
        {
            replaced?.Release();
        }
    }

    /// <summary>As <see cref="TryWrite"/>; truncation to nothing needs no base.</summary>
    public bool TryTruncate(long length) => Change(EndOf(length, 0), static (self, _, to) =>
    {
        if (to > self._length)
        {
            self._content!.GetSpan()[self._length..to].Clear();
        }

        self._length = to;
    }, default, (int)length, counts: true, needsBase: length > 0);

    public void Truncate(long length) => RequireBase(TryTruncate(length));

    /// <summary>
    /// Copies content; false when there is none, then the file is what the store says. <paramref name="count"/> is 0 at the end of the file.
    /// </summary>
    public bool TryRead(long offset, Span<byte> destination, out int count)
    {
        lock (_gate)
        {
            count = 0;
            if (!OwnContent)
            {
                return false;
            }

            if (_content is not null && (ulong)offset < (ulong)_length)
            {
                count = (int)Math.Min(_length - offset, destination.Length);
                _content.GetSpan().Slice((int)offset, count).CopyTo(destination);
                Volatile.Write(ref _wasRead, true);
            }

            return true;
        }
    }

    /// <summary>What a flush has to send, or null when nothing is new, the file was unlinked, or a new file was opened and never written.</summary>
    /// <exception cref="DataStoreException">NotPermitted: a block that existed was truncated to nothing.</exception>
    public UnsentContent? TakeUnsent()
    {
        lock (_gate)
        {
            if (_content is null || !_generations.ChangedSinceSaved || _unlinked)
            {
                return null;
            }

            long generation = _generations.Offer();
            if (_length > 0)
            {
                _lent = true;
                return new UnsentContent(_content.Retain(), _length, generation);
            }

            if (!_existed)
            {
                return null;
            }
        }

        throw new DataStoreException(
            DataStoreErrorKind.NotPermitted,
            $"{_name} was truncated to nothing: a DataStore cannot delete a block, its content stays; write zeros to blank it");
    }

    /// <summary>The write side has accepted this generation: a flush of nothing newer sends nothing, and the block now exists.</summary>
    public void Saved(long generation)
    {
        lock (_gate)
        {
            _generations.Save(generation);
            _existed = true;
        }
    }

    /// <summary>
    /// Gives up content that the write side has accepted: the file is what the store says again. False when there is anything newer, or no content.
    /// </summary>
    public bool TryDropSaved()
    {
        BlockBuffer? content;
        lock (_gate)
        {
            if (_content is null || _unlinked || _disposed || _generations.ChangedSinceSaved)
            {
                return false;
            }

            (content, _content) = (_content, null);
            (_length, _capacity, _lent, _loaded) = (0, 0, false, false);
            _generations.Drop();
        }

        content.Release();
        return true;
    }

    /// <summary>See <see cref="Unlink"/>.</summary>
    public bool IsUnlinked => Volatile.Read(ref _unlinked);

    /// <summary>The name is gone: handles go on, nothing is sent any more.</summary>
    public void Unlink() => Volatile.Write(ref _unlinked, true);

    public void Dispose()
    {
        BlockBuffer? content;
        lock (_gate)
        {
            _disposed = true;
            content = _content;
            _content = null;
            _length = 0;
        }

        content?.Release();
    }

    private bool OwnContent => !_disposed && (_content is not null || !_existed);

    private bool LacksBase => !_disposed && _content is null && _existed;

    private bool Changed(bool sinceFlush)
    {
        lock (_gate)
        {
            return (sinceFlush ? _generations.ChangedSinceOffered : _generations.ChangedSinceSaved) && !_unlinked && !_disposed;
        }
    }

    private delegate void Mutation(BlockWriteBuffer self, ReadOnlySpan<byte> data, int position);

    // The lock is a leaf: memory is rented before it and given back after it. `spare` is what was rented, then what was replaced.
    private bool Change(int end, Mutation mutate, ReadOnlySpan<byte> data, int position, bool counts, bool needsBase)
    {
        BlockBuffer? spare = null;
        int spareCapacity = 0;
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    ObjectDisposedException.ThrowIf(_disposed, this);
                    if (needsBase && LacksBase)
                    {
                        return false;
                    }

                    int wanted = Wanted(end);
                    if (wanted > 0 && wanted <= spareCapacity)
                    {
                        Replace(ref spare!, spareCapacity);
                        wanted = 0;
                    }

                    if (wanted == 0)
                    {
                        mutate(this, data, position);
                        if (counts)
                        {
                            _generations.Change();
                            _setAside = false;
                        }

                        return true;
                    }

                    spareCapacity = wanted;
                }

                spare?.Release();
                spare = _pool.Rent(spareCapacity);
            }
        }
        finally
        {
            spare?.Release();
        }
    }

    private void RequireBase(bool done)
    {
        if (!done)
        {
            throw new InvalidOperationException($"{_name} is changed before its present content was loaded");
        }
    }

    private int EndOf(long offset, int count) => BlockFileLimit.EndOf(_name, offset, count, _maximumLength);

    // How large a fresh buffer must be so that `end` bytes can be changed; 0 when the present one will do.
    private int Wanted(int end)
    {
        if (_content is not null && !_lent && end <= _capacity)
        {
            return 0;
        }

        long grown = end <= _usualLength ? _usualLength : end <= _capacity ? _capacity : Math.Max(end, _capacity * 3L / 2);
        return (int)Math.Min(Math.Max(grown, _length), _maximumLength);
    }

    private void Replace(ref BlockBuffer? spare, int capacity)
    {
        _content?.GetSpan()[.._length].CopyTo(spare!.GetSpan());
        (_content, spare) = (spare, _content);
        _capacity = capacity;
        _lent = false;
    }
}

using System.Collections.Concurrent;
using DataStoreFS.Cli.Trees;

namespace DataStoreFS.Cli.Warming;

/// <summary>Several threads that read files to their ends, as several programs would: what waits together, a mount fetches together.</summary>
internal sealed class TreeReaders : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly BlockingCollection<string> _files = [];
    private readonly SemaphoreSlim _room;
    private readonly Action<long> _read;
    private readonly Task[] _threads;
    private readonly CancellationToken _stop;
    private long _failed;
    private string? _firstFault;

    /// <param name="threads">How many.</param>
    /// <param name="read">Told of each file, from any thread: its bytes, -1 when there is none.</param>
    /// <param name="stop">Cancelled: what is not begun is left.</param>
    public TreeReaders(int threads, Action<long> read, CancellationToken stop)
    {
        _read = read;
        _stop = stop;
        _room = new SemaphoreSlim(threads); // so that no thread waits for its next file

        // Threads of their own: they block in the kernel, which the pool's are not for.
        _threads =
        [
            .. Enumerable.Range(0, threads).Select(
                _ => Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)),
        ];
    }

    public long Failed => Volatile.Read(ref _failed);

    public string? FirstFault => Volatile.Read(ref _firstFault);

    /// <summary>Hands a file out; waits while many have not been begun.</summary>
    public async Task AddAsync(string path, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        _files.Add(path, cancellationToken);
    }

    /// <summary>No more files; ends when those that were handed out are read.</summary>
    public Task CompleteAsync()
    {
        _files.CompleteAdding();
        return Task.WhenAll(_threads);
    }

    /// <summary>After <see cref="CompleteAsync"/>.</summary>
    public void Dispose()
    {
        _files.Dispose();
        _room.Dispose();
    }

    private void Work()
    {
        byte[] buffer = new byte[BufferBytes];
        foreach (string path in _files.GetConsumingEnumerable())
        {
            _room.Release();
            if (!_stop.IsCancellationRequested)
            {
                _read(ReadOne(path, buffer));
            }
        }
    }

    private long ReadOne(string path, byte[] buffer)
    {
        try
        {
            return PlainFile.Read(path, buffer, dropPages: true);
        }
        catch (IOException fault)
        {
            Interlocked.Increment(ref _failed);
            Interlocked.CompareExchange(ref _firstFault, fault.Message, null);
            return 0;
        }
    }
}

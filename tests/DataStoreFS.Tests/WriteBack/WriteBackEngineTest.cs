using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.WriteBack;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataStoreFS.Tests.WriteBack;

/// <summary>An engine over a scripted server, a journal in a folder of its own. At the end no buffer may be left.</summary>
public abstract class WriteBackEngineTest : IAsyncLifetime
{
    protected static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    private protected readonly TemporaryFolder Folder = new();
    private protected readonly NativeBlockPool Pool = new();
    private protected readonly ScriptedWriter Server = new();
    private protected readonly RecordingObserver Observer = new();
    private protected readonly VolumeInfo Volume = TestVolume.Create();
    private protected WriteBackEngine? Running { get; private set; }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await StopAsync();
        Folder.Dispose();
        Assert.Equal(0, Pool.Rented);
        Pool.Dispose();
    }

    private protected void Start(WriteBackMode mode, long journalSize = 1 << 20, long memory = 1 << 20) =>
        Running = Engine(mode, Folder.Path, journalSize, memory);

    private protected WriteBackEngine Engine(
        WriteBackMode mode, string folder, long journalSize = 1 << 20, long memory = 1 << 20, VolumeInfo? volume = null)
    {
        WriteBackOptions options = new()
        {
            JournalFolder = folder,
            Server = "http://datastore.example",
            Mode = mode,
            JournalSize = journalSize,
            MemoryBytes = memory,
        };
        WriteBackEngine engine = WriteBackEngine.Open(options, Server, Observer, Pool, new EagerTime(), NullLogger.Instance);
        engine.Add(volume ?? Volume);
        return engine;
    }

    private protected Task Write(int x, int value, int timepoint = 0) =>
        Running!.WriteAsync(TestVolume.Key(x, timepoint: timepoint), TestVolume.Block(Pool, value), CancellationToken.None).WaitAsync(Patience);

    private protected int Pending(int x, int timepoint = 0)
    {
        Assert.True(Running!.TryGet(TestVolume.Key(x, timepoint: timepoint), out BlockBuffer? block));
        int value = TestVolume.ValueOf(block!);
        block!.Release();
        return value;
    }

    private protected Task DrainAsync() => Running!.DrainAsync(CancellationToken.None).WaitAsync(Patience);

    private protected async Task StopAsync()
    {
        if (Running is not null)
        {
            await Running.DisposeAsync();
            Running = null;
        }
    }
}

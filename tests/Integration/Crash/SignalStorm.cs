using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Integration.Crash;

/// <summary>
/// Sends threads that use the mount a signal every millisecond, as runtimes, timers and dying children do. None of their calls may fail of it.
/// SIGCHLD, because .NET handles it; what has no handler would not wake anybody.
/// </summary>
/// <remarks>
/// Contract. A thread is signalled from <see cref="Enter"/> to <see cref="Leave"/>, which it calls itself. Disposing ends the storm.
/// </remarks>
internal sealed partial class SignalStorm : IAsyncDisposable
{
    private const int SigChild = 17;

    private readonly ConcurrentDictionary<int, bool> _threads = new();
    private readonly PeriodicTimer _timer = new(TimeSpan.FromMilliseconds(1));
    private readonly Task _running;

    public SignalStorm() => _running = RunAsync();

    /// <summary>The calling thread takes part.</summary>
    public void Enter() => _threads[CurrentThread()] = true;

    public void Leave() => _threads.TryRemove(CurrentThread(), out _);

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _running;
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync())
        {
            foreach (int thread in _threads.Keys)
            {
                // A thread that has just left and ended is no error.
                _ = Signal(Environment.ProcessId, thread, SigChild);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int CurrentThread();

    [LibraryImport("libc", EntryPoint = "tgkill")]
    private static partial int Signal(int process, int thread, int signal);
}

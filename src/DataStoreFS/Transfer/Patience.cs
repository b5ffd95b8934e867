using DataStoreFS.Model;

namespace DataStoreFS.Transfer;

/// <summary>Repeats a request while its fault is one that time may cure, with growing pauses.</summary>
/// <param name="settings">Pauses and time limit.</param>
/// <param name="say">Hears, once per outage, that there is one.</param>
internal sealed class Patience(TransferSettings settings, Action<string> say)
{
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(10);

    private int _out;

    /// <exception cref="DataStoreException">The last fault.</exception>
    public async Task RunAsync(Func<CancellationToken, Task> request, CancellationToken cancellationToken)
    {
        long started = settings.Time.GetTimestamp();
        for (int round = 0; ; round++)
        {
            try
            {
                await request(cancellationToken).ConfigureAwait(false);
                Volatile.Write(ref _out, 0);
                return;
            }
            catch (DataStoreException fault) when (IsCurable(fault) && settings.Time.GetElapsedTime(started) < settings.GiveUpAfter)
            {
                if (Interlocked.Exchange(ref _out, 1) == 0)
                {
                    say($"trying again: {fault.Message}");
                }
            }

            await Task.Delay(Pause(round), settings.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsCurable(DataStoreException fault) => fault.Kind is DataStoreErrorKind.Unreachable or DataStoreErrorKind.Timeout;

    private TimeSpan Pause(int round)
    {
        double doubled = Math.Min(settings.FirstPause.TotalMilliseconds * Math.Pow(2, Math.Min(round, 20)), s_longestPause.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(
            doubled * (0.75 + (Random.Shared.NextDouble() / 2))); // connections that failed together do not return together
    }
}

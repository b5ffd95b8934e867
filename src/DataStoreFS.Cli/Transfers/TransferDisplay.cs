using DataStoreFS.Cli.Logging;
using DataStoreFS.Transfer;
using Spectre.Console;

namespace DataStoreFS.Cli.Transfers;

/// <summary>
/// Shows a transfer while it runs, on stderr, so that stdout has the result alone: a progress bar on a terminal, now and then a line elsewhere.
/// </summary>
internal sealed class TransferDisplay(string verb, TransferCounters counters)
{
    private static readonly TimeSpan s_barStep = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_lineStep = TimeSpan.FromSeconds(10);

    private readonly IAnsiConsole _console = CreateConsole();
    private readonly TransferRate _rate = new(counters, TimeProvider.System);
    private volatile bool _barIsShown;

    /// <summary>Something that a person should know meanwhile. Any thread.</summary>
    public void Say(string text)
    {
        string line = $"{verb}: {LineText.OneLine(text)}";
        if (_barIsShown)
        {
            // Goes above the bar. Wrapped at the width of the terminal, which is why it is not used otherwise.
            _console.WriteLine(line);
        }
        else
        {
            Console.Error.WriteLine(line);
        }
    }

    /// <summary>Runs the transfer and shows it.</summary>
    public Task<T> ShowAsync<T>(Func<Task<T>> transfer) => Console.IsErrorRedirected ? ShowLinesAsync(transfer) : ShowBarAsync(transfer);

    private async Task<T> ShowLinesAsync<T>(Func<Task<T>> transfer)
    {
        Task<T> running = transfer();
        using PeriodicTimer timer = new(s_lineStep);
        while (await TickAsync(timer, running).ConfigureAwait(false))
        {
            _rate.Sample();
            if (counters.Total > 0)
            {
                Say($"{TransferLine.Percent(counters)}, {TransferLine.Describe(counters, _rate)}");
            }
        }

        return await running.ConfigureAwait(false);
    }

    private async Task<T> ShowBarAsync<T>(Func<Task<T>> transfer)
    {
        _barIsShown = true;
        try
        {
            return await ShowBarCoreAsync(transfer).ConfigureAwait(false);
        }
        finally
        {
            _barIsShown = false;
        }
    }

    private Task<T> ShowBarCoreAsync<T>(Func<Task<T>> transfer)
    {
        Progress progress = _console.Progress().AutoClear(true).HideCompleted(false);
        progress.RefreshRate = s_barStep;
        progress.Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left });
        return progress.StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask("looking", maxValue: 1);
            bar.IsIndeterminate = true;
            Task<T> running = transfer();
            using PeriodicTimer timer = new(s_barStep);
            while (await TickAsync(timer, running).ConfigureAwait(false))
            {
                _rate.Sample();
                if (counters.Total > 0)
                {
                    bar.IsIndeterminate = false;
                    bar.MaxValue = counters.Total;
                    bar.Value = counters.Done;
                    bar.Description = TransferLine.Describe(counters, _rate);
                }
            }

            return await running.ConfigureAwait(false);
        });
    }

    private static IAnsiConsole CreateConsole()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        console.Profile.Capabilities.Unicode = Screen.IsUnicode;
        return console;
    }

    /// <returns>False once the transfer has ended.</returns>
    private static async Task<bool> TickAsync(PeriodicTimer timer, Task running)
    {
        await Task.WhenAny(timer.WaitForNextTickAsync().AsTask(), running).ConfigureAwait(false);
        return !running.IsCompleted;
    }
}

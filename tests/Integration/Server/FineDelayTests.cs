using DataStoreFS.Server.Testing;

namespace Integration.Server;

/// <summary>Waits of a server that imitates the original.</summary>
public sealed class FineDelayTests
{
    private readonly FineDelay _delay = new();

    [Fact]
    public async Task NoneEndsBeforeItsTimeAndAllEnd()
    {
        TimeSpan begin = _delay.Now;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            TimeSpan time = begin + TimeSpan.FromMilliseconds((i * 7) % 50);
            await _delay.UntilAsync(time, CancellationToken.None);
            Assert.InRange(_delay.Now, time, TimeSpan.MaxValue);
        }));

        // Its thread has ended, or is about to; the next wait has one all the same.
        await _delay.UntilAsync(_delay.Now + TimeSpan.FromMilliseconds(5), CancellationToken.None);
    }

    [Fact]
    public void WhatIsOverIsNotWaitedFor() => Assert.True(_delay.UntilAsync(_delay.Now, CancellationToken.None).IsCompletedSuccessfully);

    [Fact]
    public async Task WhoGivesUpDoesNotWait()
    {
        using CancellationTokenSource cancel = new();
        Task wait = _delay.UntilAsync(_delay.Now + TimeSpan.FromMilliseconds(200), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }
}

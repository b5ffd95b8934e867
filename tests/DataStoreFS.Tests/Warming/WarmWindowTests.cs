using System.Threading.Channels;
using DataStoreFS.Warming;

namespace DataStoreFS.Tests.Warming;

public sealed class WarmWindowTests
{
    private readonly Channel<TaskCompletionSource> _flushes = Channel.CreateUnbounded<TaskCompletionSource>();
    private readonly WarmWindow _window;

    public WarmWindowTests() => _window = new WarmWindow(
        () =>
        {
            TaskCompletionSource flush = new();
            _flushes.Writer.TryWrite(flush);
            return flush.Task;
        },
        100);

    [Fact]
    public async Task WhatDoesNotFitWaitsUntilSomethingLeaves()
    {
        await _window.EnterAsync(60, default);
        await _window.EnterAsync(40, default);
        Task third = _window.EnterAsync(50, default);
        Assert.False(third.IsCompleted);
        _window.Leave(40);
        Assert.False(third.IsCompleted);
        _window.Leave(60);
        await third.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task ABlockLargerThanTheWindowGoesAlone()
    {
        await _window.EnterAsync(1000, default);
        Task next = _window.EnterAsync(1, default);
        Assert.False(next.IsCompleted);
        _window.Leave(1000);
        await next.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task WhatHasArrivedLeavesWhenItIsWritten()
    {
        await _window.EnterAsync(60, default);
        await _window.EnterAsync(40, default);
        _window.Arrived(60);
        _window.Arrived(40); // belongs to the next flush: it may have come after this one began
        Task empty = _window.WhenEmptyAsync(default);
        (await NextFlushAsync()).SetResult();
        TaskCompletionSource second = await NextFlushAsync();
        Assert.False(empty.IsCompleted);
        second.SetResult();
        await empty.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(_flushes.Reader.TryRead(out _));
    }

    [Fact]
    public async Task WaitingCanBeCancelled()
    {
        await _window.EnterAsync(100, default);
        using CancellationTokenSource stop = new();
        Task waiting = _window.EnterAsync(1, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        _window.Leave(100);
        await _window.WhenEmptyAsync(default);
    }

    private Task<TaskCompletionSource> NextFlushAsync() => _flushes.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
}

using DataStoreFS.Server;

namespace Integration.Server;

/// <summary>The failures on purpose do what they say, so that tests of clients may rely on them.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private readonly Faults _faults = new();
    private ServerFixture _fixture = null!;
    private string _path = string.Empty;
    private byte[] _frame = [];

    public async Task InitializeAsync()
    {
        _fixture = await ServerFixture.StartAsync(
            options: folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], Faults = _faults });
        _path = $"/datasets/{await _fixture.Client.CreateAsync(TestDatasets.Simple())}/1/1/1/0/0/0/0/0/0/0";
        _frame = TestDatasets.Frame(32, 32, 32);
        await _fixture.Client.PostBlocksAsync(_path, _frame);
    }

    public async Task DisposeAsync() => await _fixture.DisposeAsync();

    [Fact]
    public async Task ChosenRequestFailsAndOthersPass()
    {
        _faults.Next(FaultAction.Status(503, "later"), after: 1, path: "/1/1/1/");
        Assert.Equal(200, (await _fixture.Client.AskAsync("GET", _path)).Status);
        Assert.Equal(200, (await _fixture.Client.AskAsync("GET", "/")).Status);
        Assert.Equal((503, "later"), await _fixture.Client.AskAsync("GET", _path));
        Assert.Equal(200, (await _fixture.Client.AskAsync("GET", _path)).Status);
        _faults.Script = http => http.Request.Method == "GET" ? FaultAction.Status(500) : null;
        Assert.Equal((500, string.Empty), await _fixture.Client.AskAsync("GET", _path));
        Assert.Equal(200, (await _fixture.Client.PostBlocksAsync(_path, _frame)).Status);
        _faults.Clear();
        Assert.Equal(200, (await _fixture.Client.AskAsync("GET", _path)).Status);
    }

    [Fact]
    public async Task WaitingRequestIsAnsweredWhenTheGateOpens()
    {
        TaskCompletionSource gate = new();
        FaultAction wait = FaultAction.Wait(gate.Task);
        _faults.Next(wait);
        Task<byte[]> answer = _fixture.Client.GetByteArrayAsync(_path);
        await wait.Reached;
        Assert.False(answer.IsCompleted);
        gate.SetResult();
        Assert.Equal(_frame, await answer);
    }

    [Fact]
    public async Task CutBodyHasItsFullLengthInTheHeaderAndEndsEarly()
    {
        _faults.Next(FaultAction.CutBody(100));
        using HttpResponseMessage answer = await _fixture.Client.GetAsync(_path, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(_frame.Length, answer.Content.Headers.ContentLength);
        await using Stream body = await answer.Content.ReadAsStreamAsync();
        byte[] received = new byte[100];
        await body.ReadExactlyAsync(received);
        Assert.Equal(_frame[..100], received);
        await Assert.ThrowsAnyAsync<IOException>(async () => await body.ReadExactlyAsync(received));
    }

    [Fact]
    public async Task ClosedConnectionHasNoAnswer()
    {
        _faults.Next(FaultAction.Close());
        await Assert.ThrowsAsync<HttpRequestException>(() => _fixture.Client.GetByteArrayAsync(_path));
        _faults.Next(FaultAction.LoseAnswer());
        byte[] other = TestDatasets.Frame(32, 32, 32, seed: 9);
        await Assert.ThrowsAsync<HttpRequestException>(() => _fixture.Client.PostBlocksAsync(_path, other));
        Assert.Equal(other, await _fixture.Client.GetByteArrayAsync(_path));
    }

    [Fact]
    public async Task LieAndTrickleChangeTheBodyAndItsPace()
    {
        _faults.Next(FaultAction.LieAboutSize(-1, 7, int.MaxValue));
        Assert.Equal(
            [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 7, 0x7f, 0xff, 0xff, 0xff, .. _frame.AsSpan(12, 4)],
            (await _fixture.Client.GetByteArrayAsync(_path))[..16]);
        int pieces = 0;
        _faults.Next(FaultAction.Trickle(1000, _ =>
        {
            pieces++;
            return Task.CompletedTask;
        }));
        Assert.Equal(_frame, await _fixture.Client.GetByteArrayAsync(_path));
        Assert.Equal(33, pieces);
    }

    [Fact]
    public async Task ClientThatGoesAwayEndsTheWaiting()
    {
        FaultAction wait = FaultAction.Wait(Task.Delay(Timeout.Infinite));
        _faults.Next(wait);
        using CancellationTokenSource cancellation = new();
        Task<HttpResponseMessage> answer = _fixture.Client.GetAsync(_path, cancellation.Token);
        await wait.Reached;
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await _fixture.Server.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }
}

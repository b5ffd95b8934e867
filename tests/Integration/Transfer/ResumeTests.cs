using System.Text;
using DataStoreFS.Model;
using DataStoreFS.Server;
using DataStoreFS.Transfer;

namespace Integration.Transfer;

public sealed class ResumeTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(11)]
    public async Task AnUploadThatTheServerEndedGoesOnWhereItStopped(int passing)
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string xml = new SampleTree().Write(fixture.NewFolder());
        fixture.Settings = fixture.Settings with { GiveUpAfter = TimeSpan.Zero };
        int posts = 0;
        fixture.Faults.Script = http => IsBlockPost(http) && Interlocked.Increment(ref posts) > passing ? FaultAction.Status(503, "down") : null;

        DataStoreException fault = await TransferFixture.RefusedAsync(fixture.PushAsync(xml));
        long before = fixture.Counters.Done;
        fixture.Faults.Clear();
        PushResult pushed = await fixture.PushAsync(xml);

        Assert.Equal(DataStoreErrorKind.Unreachable, fault.Kind);
        Assert.Contains("503", fault.Message, StringComparison.Ordinal);
        Assert.True(pushed.Resumed);
        Assert.Equal(pushed.Blocks, fixture.Counters.Done);
        Assert.InRange(fixture.Counters.Skipped, passing == 11 ? 1 : 0, before);
        Assert.Single(Directory.EnumerateDirectories(fixture.Server.Folder.Path, "*-*"));
        await AssertSameAsync(fixture, xml, pushed.Source);
    }

    [Fact]
    public async Task AnUploadThatWasInterruptedGoesOnWhereItStopped()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string xml = new SampleTree().Write(fixture.NewFolder());
        using CancellationTokenSource stop = new();
        TaskCompletionSource never = new();
        FaultAction stall = FaultAction.Wait(never.Task);
        int posts = 0;
        fixture.Faults.Script = http => IsBlockPost(http) && Interlocked.Increment(ref posts) > 8 ? stall : null;

        Task<PushResult> running = fixture.PushAsync(xml, stop.Token);
        await stall.Reached;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        fixture.Faults.Clear();
        PushResult pushed = await fixture.PushAsync(xml);

        Assert.True(pushed.Resumed);
        Assert.InRange(pushed.Sent, 1, pushed.Blocks - 1);
        await AssertSameAsync(fixture, xml, pushed.Source);
    }

    [Fact]
    public async Task ShortOutagesAreWaitedForAndSaidOnce()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string xml = new SampleTree().Write(fixture.NewFolder());
        int posts = 0;
        fixture.Faults.Script = http => !IsBlockPost(http) ? null : (Interlocked.Increment(ref posts) % 4) switch
        {
            0 => FaultAction.LoseAnswer(),
            1 => FaultAction.Status(500),
            _ => null,
        };

        PushResult pushed = await fixture.PushAsync(xml);

        Assert.Contains(fixture.Said, line => line.StartsWith("trying again:", StringComparison.Ordinal));
        fixture.Faults.Clear();
        await AssertSameAsync(fixture, xml, pushed.Source);
    }

    [Fact]
    public async Task PushingAgainSendsOnlyWhatHasChanged()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string folder = fixture.NewFolder();
        SampleTree tree = new();
        string xml = tree.Write(folder);
        PushResult first = await fixture.PushAsync(xml);

        PushResult second = await fixture.PushAsync(xml);
        string image = Path.Combine(folder, "export.n5/setup0/timepoint0/s0");
        tree.WriteBlock(image, new LevelInfo(0, new(1, 1, 1), tree.Dimensions, new(32, 16, 8)), (1, 1, 0), seed: 4711);
        File.SetLastWriteTimeUtc(Path.Combine(image, "1/1/0"), DateTime.UtcNow.AddDays(1));
        PushResult third = await fixture.PushAsync(xml);

        Assert.Equal(first.Source, second.Source);
        Assert.Equal(0, second.Sent);
        Assert.Equal(first.Source, third.Source);
        Assert.Equal(1, third.Sent);
        await AssertSameAsync(fixture, xml, third.Source);
    }

    [Fact]
    public async Task ADatasetWhoseFirstVersionWasDeletedIsNotGivenItAgain()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync(
            options => new DataStoreServerOptions
            {
                Folder = options.Folder,
                Urls = options.Urls,
                Faults = options.Faults,
                Quirks = OriginalQuirks.PhantomVersions,
            });
        string xml = new SampleTree().Write(fixture.NewFolder());
        PushResult first = await fixture.PushAsync(xml);
        fixture.Faults.Script = http => http.Request.Path.Value == $"/datasets/{first.Source.Uuid}"
            ? FaultAction.Rewrite(json => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json).Replace("\"versions\":[0]", "\"versions\":[1]")))
            : IsBlockPost(http) ? throw new InvalidOperationException("a block was sent") : null;
        File.SetLastWriteTimeUtc(
            Directory.EnumerateFiles(Path.GetDirectoryName(xml)!, "0", SearchOption.AllDirectories).First(), DateTime.UtcNow.AddDays(1));

        DataStoreException fault = await TransferFixture.RefusedAsync(fixture.PushAsync(xml));

        Assert.Contains("has no version 0 any more; use --new", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AChangedDescriptionOrALostDatasetIsNoReasonToMixTwo()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string xml = new SampleTree().Write(fixture.NewFolder());
        PushResult first = await fixture.PushAsync(fixture.Request(xml) with { Label = "one" });

        Assert.Contains(
            "its label is 'one'",
            (await TransferFixture.RefusedAsync(fixture.PushAsync(fixture.Request(xml) with { Label = "two" }))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "its compression is gzip",
            (await TransferFixture.RefusedAsync(fixture.PushAsync(fixture.Request(xml) with { Compression = "raw" }))).Message,
            StringComparison.Ordinal);
        await File.AppendAllTextAsync(xml, "\n");
        Assert.Contains("--new", (await TransferFixture.RefusedAsync(fixture.PushAsync(xml))).Message, StringComparison.Ordinal);
        PushResult second = await fixture.PushAsync(fixture.Request(xml) with { Anew = true });
        Assert.NotEqual(first.Source, second.Source);

        using HttpResponseMessage gone = await fixture.Server.Client.DeleteAsync(new Uri($"/datasets/{second.Source.Uuid}", UriKind.Relative));
        PushResult third = await fixture.PushAsync(xml);
        Assert.False(third.Resumed);
        Assert.NotEqual(second.Source, third.Source);
        await AssertSameAsync(fixture, xml, third.Source);
    }

    [Fact]
    public async Task TwoUploadsOfOneTreeAtATimeAreRefused()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string xml = new SampleTree().Write(fixture.NewFolder());
        TaskCompletionSource gate = new();
        FaultAction stall = FaultAction.Wait(gate.Task);
        fixture.Faults.Next(stall, path: "/0/0/0/0/0/0");

        Task<PushResult> running = fixture.PushAsync(xml);
        await stall.Reached;
        DataStoreException fault = await TransferFixture.RefusedAsync(fixture.PushAsync(xml));
        gate.SetResult();

        Assert.Contains("running already", fault.Message, StringComparison.Ordinal);
        await AssertSameAsync(fixture, xml, (await running).Source);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(13)]
    public async Task ADownloadThatTheServerEndedGoesOnWhereItStopped(int passing)
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string xml = new SampleTree().Write(fixture.NewFolder());
        SourceAddress source = (await fixture.PushAsync(xml)).Source;
        string folder = fixture.NewFolder();
        fixture.Settings = fixture.Settings with { GiveUpAfter = TimeSpan.Zero };
        int reads = 0;
        fixture.Faults.Script = http => IsBlockRead(http) && Interlocked.Increment(ref reads) > passing + 4 ? FaultAction.CutBody(5000) : null;

        await TransferFixture.RefusedAsync(fixture.PullAsync(source, folder));
        Assert.False(File.Exists(Path.Combine(folder, "export.xml")));
        fixture.Faults.Clear();
        PullResult pulled = await fixture.PullAsync(source, folder);

        Assert.Equal(TransferFixture.Summary(xml), TransferFixture.Summary(pulled.XmlPath));
        Assert.Equal(fixture.Counters.Total, fixture.Counters.Done);
    }

    [Fact]
    public async Task OfAllBlocksOfARequestTheOneIsNamedThatTheServerCannotRead()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string xml = new SampleTree { Exists = _ => true }.Write(fixture.NewFolder());
        SourceAddress source = (await fixture.PushAsync(xml)).Source;
        fixture.Settings = fixture.Settings with { GiveUpAfter = TimeSpan.Zero, Connections = 1 };
        string image = Directory.GetDirectories(fixture.Server.Folder.Path, "s0", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        await File.WriteAllBytesAsync(Path.Combine(image, "0/0/1"), new byte[3]);

        DataStoreException fault = await TransferFixture.RefusedAsync(fixture.PullAsync(source, fixture.NewFolder()));

        Assert.EndsWith("/0/0/1/0/0/0 answered 500", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADownloadSurvivesCutAnswersWithoutBeingRunAgain()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string xml = new SampleTree().Write(fixture.NewFolder());
        SourceAddress source = (await fixture.PushAsync(xml)).Source;
        int reads = 0;
        fixture.Faults.Script = http => IsBlockRead(http) && Interlocked.Increment(ref reads) % 3 == 0 ? FaultAction.CutBody(9000) : null;

        PullResult pulled = await fixture.PullAsync(source, fixture.NewFolder());

        Assert.Equal(TransferFixture.Summary(xml), TransferFixture.Summary(pulled.XmlPath));
    }

    [Fact]
    public async Task BlocksThatAnInterruptedDownloadHasLostAreFetchedAgain()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string xml = new SampleTree { Exists = _ => true }.Write(fixture.NewFolder());
        SourceAddress source = (await fixture.PushAsync(xml)).Source;
        string folder = fixture.NewFolder();
        fixture.Settings = fixture.Settings with { GiveUpAfter = TimeSpan.Zero, Connections = 1 };
        int reads = 0;
        fixture.Faults.Script = http => IsBlockRead(http) && Interlocked.Increment(ref reads) > 20 ? FaultAction.Close() : null;
        await TransferFixture.RefusedAsync(fixture.PullAsync(source, folder));
        fixture.Faults.Clear();

        // As a power cut leaves them: a name without bytes, and no name at all.
        await File.WriteAllBytesAsync(Path.Combine(folder, "export.n5/setup0/timepoint0/s0/0/0/0"), []);
        File.Delete(Path.Combine(folder, "export.n5/setup0/timepoint0/s1/0/0/0"));
        PullResult pulled = await fixture.PullAsync(source, folder);

        Assert.Contains(fixture.Said, line => line.StartsWith("setup0/timepoint0/s0 has lost", StringComparison.Ordinal));
        Assert.Equal(TransferFixture.Summary(xml), TransferFixture.Summary(pulled.XmlPath));
    }

    [Fact]
    public async Task AFolderWithSomethingElseInItIsLeftAlone()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string xml = new SampleTree().Write(fixture.NewFolder());
        SourceAddress source = (await fixture.PushAsync(xml)).Source;
        string folder = fixture.NewFolder();
        string pulled = (await fixture.PullAsync(source, folder)).XmlPath;
        IReadOnlyList<string> before = TransferFixture.Summary(pulled);
        string other = fixture.NewFolder();
        await File.WriteAllTextAsync(Path.Combine(other, "thesis.txt"), "");

        Assert.Contains(
            "already holds a dataset", (await TransferFixture.RefusedAsync(fixture.PullAsync(source, folder))).Message, StringComparison.Ordinal);
        Assert.Contains("thesis.txt", (await TransferFixture.RefusedAsync(fixture.PullAsync(source, other))).Message, StringComparison.Ordinal);
        Assert.Equal(before, TransferFixture.Summary(pulled));
        Assert.Single(Directory.EnumerateFileSystemEntries(other));
    }

    private static bool IsBlockPost(Microsoft.AspNetCore.Http.HttpContext http) =>
        http.Request.Method == "POST" && http.Request.Path.Value!.Length > "/datasets/".Length;

    private static bool IsBlockRead(Microsoft.AspNetCore.Http.HttpContext http) =>
        http.Request.Method == "GET" && http.Request.Path.Value!.Count(c => c == '/') > 12;

    private static async Task AssertSameAsync(TransferFixture fixture, string xml, SourceAddress source) =>
        Assert.Equal(TransferFixture.Summary(xml), TransferFixture.Summary((await fixture.PullAsync(source, fixture.NewFolder())).XmlPath));
}

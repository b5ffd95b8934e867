using System.Net.Sockets;
using DataStoreFS.Model;
using DataStoreFS.Mounting.Control;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Mounting;

public sealed class ControlSocketTests : IAsyncLifetime
{
    private readonly string _folder = Path.Join(Path.GetTempPath(), $"datastorefs-test-{Guid.NewGuid():N}");
    private readonly RecordingLogger _logger = new();
    private ControlSocket _socket = null!;

    public Task InitializeAsync()
    {
        _socket = Listen();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _socket.DisposeAsync();
        Directory.Delete(_folder, true);
    }

    [Fact]
    public async Task ACommandIsAnsweredWithWhatTheHandlerSays()
    {
        Assert.Equal("{\"answer\":\"Status\"}", await ControlClient.SendAsync("/mnt/x", ControlCommand.Status, default, _folder));
        Assert.True(await ControlClient.IsAliveAsync("/mnt/x", default, _folder));
    }

    [Fact]
    public async Task ARefusalReachesTheClientInTheDaemonsWords()
    {
        DataStoreException refused = await Assert.ThrowsAsync<DataStoreException>(
            () => ControlClient.SendAsync("/mnt/x", ControlCommand.Stop, default, _folder));
        Assert.Equal("files are open", refused.Message);
        Assert.Equal(DataStoreErrorKind.Refused, refused.Kind);
    }

    [Fact]
    public async Task AMountPointThatNobodyServesIsNotFound()
    {
        Assert.False(await ControlClient.IsAliveAsync("/mnt/other", default, _folder));
        DataStoreException absent = await Assert.ThrowsAsync<DataStoreException>(
            () => ControlClient.SendAsync("/mnt/other", ControlCommand.Status, default, _folder));
        Assert.Equal(DataStoreErrorKind.NotFound, absent.Kind);
    }

    [Fact]
    public async Task ArgumentsArriveWhateverIsInThem()
    {
        string[] arguments = ["export.xml", "", "with blank\nand \u2028 line", "\"quoted\""];
        Assert.Equal(
            "{\"answer\":\"OverlayDiscard\"}" + string.Join('|', arguments),
            await ControlClient.SendAsync("/mnt/x", ControlCommand.OverlayDiscard, arguments, default, _folder));
        await Assert.ThrowsAsync<DataStoreException>(
            () => ControlClient.SendAsync("/mnt/x", ControlCommand.OverlayDiscard, [new string('x', 100_000)], default, _folder));
    }

    [Theory]
    [InlineData("overlaydiscard [\n")]
    [InlineData("overlaydiscard [null]\n")]
    [InlineData("overlaydiscard null\n")]
    [InlineData("delete everything\n")]
    [InlineData("0\n")]
    [InlineData("\n")]
    [InlineData("statusstatusstatusstatusstatusstatusstatusstatusstatusstatusstatusstatusstatus")]
    public async Task AnythingElseIsRefusedAndTheNextClientIsServed(string line)
    {
        using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(_socket.FilePath));
        await client.SendAsync(System.Text.Encoding.ASCII.GetBytes(line));
        client.Shutdown(SocketShutdown.Send);
        byte[] answer = new byte[100];
        int length = await client.ReceiveAsync(answer);
        Assert.StartsWith("error ", System.Text.Encoding.ASCII.GetString(answer, 0, length), StringComparison.Ordinal);
        await ControlClient.SendAsync("/mnt/x", ControlCommand.Status, default, _folder);
    }

    [Fact]
    public async Task ASocketLeftByADeadDaemonIsReplacedAndTheFileGoesWithTheDaemon()
    {
        string path = _socket.FilePath;
        await _socket.DisposeAsync();
        Assert.False(File.Exists(path));
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await File.WriteAllTextAsync(path, string.Empty);
        }

        _socket = Listen();
        await ControlClient.SendAsync("/mnt/x", ControlCommand.Status, default, _folder);
    }

    [Fact]
    public async Task WhatEndsTheDaemonIsAnsweredAlthoughTheDaemonEnds()
    {
        await _socket.DisposeAsync();
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _socket = ControlSocket.Open(
            ControlAddress.ToListen("/mnt/x", _folder),
            async (_, cancellationToken) =>
            {
                begun.SetResult();
                await ended.Task.WaitAsync(cancellationToken);
                return "two\nlines";
            },
            _logger,
            TimeSpan.FromMilliseconds(1));
        Task<string> stopping = ControlClient.SendAsync("/mnt/x", ControlCommand.Stop, default, _folder);
        await begun.Task;
        Task closing = _socket.DisposeAsync().AsTask();
        Assert.False(closing.IsCompleted);
        ended.SetResult();
        Assert.Equal("two\nlines", await stopping);
        await closing;
        _socket = Listen();
    }

    [Theory]
    [InlineData(0u, null, "/run/datastorefs /tmp/datastorefs-0")]
    [InlineData(0u, "/run/x", "/run/datastorefs /run/x/datastorefs /tmp/datastorefs-0")]
    [InlineData(7u, "/run/user/7", "/run/user/7/datastorefs /tmp/datastorefs-7")]
    [InlineData(7u, "relative", "/tmp/datastorefs-7")]
    [InlineData(7u, "", "/tmp/datastorefs-7")]
    public void TheFolderIsTheUsersOwnAndThereIsAlwaysAnother(uint user, string? runtime, string expected) =>
        Assert.Equal(expected.Split(' '), ControlAddress.Folders(user, runtime));

    [Fact]
    public void AFolderThatThisMachineDoesNotHaveIsPassedOver()
    {
        string expected = Path.GetDirectoryName(_socket.FilePath)!;
        Assert.Equal(expected, Path.GetDirectoryName(ControlAddress.ToListen("/mnt/x", ["/proc/nowhere/datastorefs", "/etc/passwd", _folder])));
        DataStoreException fault = Assert.Throws<DataStoreException>(
            () => ControlAddress.ToListen("/mnt/x", ["/proc/nowhere/datastorefs", "/etc/passwd"]));
        Assert.Contains("/proc/nowhere/datastorefs", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OnlyTheOwnerCanReachIt()
    {
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_socket.FilePath));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
    }

    [Fact]
    public void AFolderThatOthersCanWriteToIsRefused()
    {
        string open = _folder + "-open";
        Directory.CreateDirectory(open);
        try
        {
            File.SetUnixFileMode(open, (UnixFileMode)0x1FF);
            DataStoreException refused = Assert.Throws<DataStoreException>(
                () => ControlSocket.Open(Path.Join(open, "a.sock"), (_, _) => Task.FromResult(string.Empty), _logger));
            Assert.Equal(DataStoreErrorKind.NotPermitted, refused.Kind);
        }
        finally
        {
            Directory.Delete(open);
        }
    }

    [Fact]
    public async Task WhoConnectsWhileDescriptorsAreUsedUpIsAnsweredWhenThereAreSomeAgain()
    {
        int faults = 3;
        await _socket.DisposeAsync();
        _socket = Listen((listener, stop) => Interlocked.Decrement(ref faults) >= 0
            ? throw new SocketException((int)SocketError.TooManyOpenSockets)
            : listener.AcceptAsync(stop));
        await ControlClient.SendAsync("/mnt/x", ControlCommand.Status, default, _folder);
        Assert.Single(_logger.Lines, line => line.Text.Contains("cannot accept", StringComparison.Ordinal));
    }

    private ControlSocket Listen(Func<Socket, CancellationToken, ValueTask<Socket>>? accept = null) => ControlSocket.Open(
        ControlAddress.ToListen("/mnt/x", _folder),
        (request, _) => request.Command == ControlCommand.Stop
            ? throw new DataStoreException(DataStoreErrorKind.Refused, "files are open")
            : Task.FromResult($"{{\"answer\":\"{request.Command}\"}}{string.Join('|', request.Arguments)}"),
        _logger,
        accept: accept);
}

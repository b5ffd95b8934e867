using LinuxFuse.Protocol;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Session;

public class HandshakeTests
{
    [Fact]
    public async Task ANewerMajorVersionIsAnsweredWithOursAndASecondInitWorks()
    {
        using FakeKernel kernel = new();
        Task<FuseMount> attaching = FuseMount.AttachAsync(kernel.Daemon, new ScriptedFileSystem(), FakeKernel.Options);
        InitOut first = kernel.Call(FuseOpcode.Init, 0, FakeKernel.Bytes(FakeKernel.Linux618 with { Major = 8, Minor = 1 })).As<InitOut>();
        Assert.Equal((7u, 45u), (first.Major, first.Minor));
        Assert.Equal(Errno.OK, kernel.Call(FuseOpcode.Init, 0, FakeKernel.Bytes(FakeKernel.Linux618)).Error);
        await using FuseMount mount = await attaching;
        Assert.Equal(45, mount.Kernel.Minor);
    }

    [Fact]
    public async Task TheShortInitOfKernelsBefore517IsUnderstood()
    {
        using FakeKernel kernel = new();
        Task<FuseMount> attaching = FuseMount.AttachAsync(kernel.Daemon, new ScriptedFileSystem(), FakeKernel.Options);
        InitIn old = new() { Major = 7, Minor = 27, MaxReadahead = 131072, Flags = 0x003ffffb };
        Assert.Equal(Errno.OK, kernel.Call(FuseOpcode.Init, 0, FakeKernel.Bytes(old)[..16]).Error);
        await using FuseMount mount = await attaching;
        Assert.Equal((27, FuseCapabilities.None), (mount.Kernel.Minor, mount.Kernel.Agreed & FuseCapabilities.InitExtended));
    }

    [Fact]
    public async Task AKernelThatIsTooOldIsRefusedWithItsVersion()
    {
        using FakeKernel kernel = new();
        Task<FuseMount> attaching = FuseMount.AttachAsync(kernel.Daemon, new ScriptedFileSystem(), FakeKernel.Options);
        Assert.Equal(Errno.EPROTO, kernel.Call(FuseOpcode.Init, 0, FakeKernel.Bytes(new InitIn { Major = 7, Minor = 12 })).Error);
        FuseException exception = await Assert.ThrowsAsync<FuseException>(() => attaching);
        Assert.Contains("7.12", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatTheFileSystemThrowsInInitComesOutOfAttach()
    {
        using FakeKernel kernel = new();
        ScriptedFileSystem fileSystem = new() { OnInit = (_, _) => throw new InvalidDataException("no such dataset") };
        Task<FuseMount> attaching = FuseMount.AttachAsync(kernel.Daemon, fileSystem, FakeKernel.Options);
        Assert.Equal(Errno.EIO, kernel.Call(FuseOpcode.Init, 0, FakeKernel.Bytes(FakeKernel.Linux618)).Error);
        await Assert.ThrowsAsync<InvalidDataException>(() => attaching);
        Assert.Equal(0, fileSystem.Destroyed);
    }

    [Fact]
    public async Task CapabilitiesAreKnownInInit()
    {
        using FakeKernel kernel = new();
        FuseKernel? seen = null;
        ScriptedFileSystem fileSystem = new()
        {
            OnInit = (mount, _) =>
            {
                seen = mount.Kernel;
                return default;
            },
        };
        await using FuseMount mount = await kernel.StartAsync(fileSystem);
        Assert.True(seen!.Has(FuseCapabilities.ParallelDirectoryOperations));
    }

    [Fact]
    public async Task ASecondInitIsAnError()
    {
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(new ScriptedFileSystem());
        Assert.Equal(Errno.EIO, kernel.Call(FuseOpcode.Init, 0, FakeKernel.Bytes(FakeKernel.Linux618)).Error);
    }

    [Fact]
    public async Task AnEndBeforeInitFailsTheAttempt()
    {
        using FakeKernel kernel = new();
        Task<FuseMount> attaching = FuseMount.AttachAsync(kernel.Daemon, new ScriptedFileSystem(), FakeKernel.Options);
        kernel.Hangup();
        await Assert.ThrowsAsync<FuseException>(() => attaching);
    }

    [Fact]
    public async Task CancellingTheAttemptEndsIt()
    {
        using FakeKernel kernel = new();
        using CancellationTokenSource source = new();
        Task<FuseMount> attaching = FuseMount.AttachAsync(kernel.Daemon, new ScriptedFileSystem(), FakeKernel.Options, source.Token);
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attaching);
        Assert.True(kernel.Daemon.IsClosed);
    }

    [Fact]
    public async Task ADeviceThatCannotBeClonedFailsTheAttemptAndNothingHangs()
    {
        using FakeKernel kernel = new();
        await Assert.ThrowsAsync<FuseException>(
            () =>
                FuseMount.AttachAsync(
                    kernel.Daemon, new ScriptedFileSystem(), FakeKernel.Options with { CloneDevice = true }).WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.True(kernel.Daemon.IsClosed);
    }
}

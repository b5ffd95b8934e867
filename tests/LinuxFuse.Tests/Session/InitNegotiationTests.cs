using LinuxFuse.Protocol;
using LinuxFuse.Session;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Session;

public class InitNegotiationTests
{
    private const uint FlagsOfLinux418 = 0x003ffffb;

    [Fact]
    public void OnlyOfferedAndImplementedCapabilitiesAreAgreedOn()
    {
        (InitOut reply, FuseKernel kernel) = InitNegotiation.Negotiate(FakeKernel.Linux618, new FuseOptions(), 4096);
        Assert.Equal((7u, 45u), (reply.Major, reply.Minor));
        Assert.Equal(FuseCapabilities.None, kernel.Agreed & ~kernel.Offered);
        Assert.True(
            kernel.Has(
                FuseCapabilities.ParallelDirectoryOperations | FuseCapabilities.AsyncRead | FuseCapabilities.MaxPages | FuseCapabilities.ExpireOnly));
        Assert.False(kernel.Has(FuseCapabilities.WritebackCache));
        Assert.False(kernel.Has(FuseCapabilities.SetXAttrExtended));
        Assert.False(kernel.Has(FuseCapabilities.IdMappedMounts));
        Assert.False(kernel.Has(FuseCapabilities.RequestTimeout));
        Assert.Equal((1024u * 1024, 256), (reply.MaxWrite, (int)reply.MaxPages));
        Assert.Equal((64, 48), (reply.MaxBackground, reply.CongestionThreshold));
    }

    [Fact]
    public void AnOldKernelGetsSmallRequestsAndNothingItDoesNotKnow()
    {
        InitIn old = new() { Major = 7, Minor = 27, MaxReadahead = 131072, Flags = FlagsOfLinux418 };
        (InitOut reply, FuseKernel kernel) = InitNegotiation.Negotiate(old, new FuseOptions(), 4096);
        Assert.Equal(27u, reply.Minor);
        Assert.Equal(128u * 1024, reply.MaxWrite);
        Assert.Equal(0u, reply.Flags2);
        Assert.Equal(0u, reply.Flags & ~FlagsOfLinux418);
        Assert.False(kernel.Has(FuseCapabilities.MaxPages));
    }

    /// <summary>arm64 kernels may have pages of 16 or 64 KiB, and count requests in them.</summary>
    [Theory]
    [InlineData(4096, 256, 128)]
    [InlineData(16384, 64, 512)]
    [InlineData(65536, 16, 1024)]
    public void PagesAreTheKernels(int pageBytes, int maxPages, int oldKernelKilobytes)
    {
        (InitOut reply, FuseKernel kernel) = InitNegotiation.Negotiate(FakeKernel.Linux618, new FuseOptions(), pageBytes);
        Assert.Equal((1024u * 1024, maxPages, maxPages), (reply.MaxWrite, (int)reply.MaxPages, kernel.MaxPages));
        FuseOptions old = new() { MaskedFlags = FuseCapabilities.MaxPages };
        Assert.Equal(oldKernelKilobytes * 1024u, InitNegotiation.Negotiate(FakeKernel.Linux618, old, pageBytes).Reply.MaxWrite);
    }

    [Fact]
    public void MaskedFlagsMakeANewKernelLookOld()
    {
        FuseOptions options = new() { MaskedFlags = FuseCapabilities.InitExtended | FuseCapabilities.MaxPages, EmulatedMinor = 27 };
        (InitOut reply, FuseKernel kernel) = InitNegotiation.Negotiate(FakeKernel.Linux618, options, 4096);
        Assert.Equal(27, kernel.Minor);
        Assert.Equal(0ul, (ulong)kernel.Offered >> 32);
        Assert.Equal(128u * 1024, reply.MaxWrite);
    }

    [Fact]
    public void NoOpenIsOnlyAgreedOnWhereNothingCanBeWritten()
    {
        Assert.False(Agreed(new FuseOptions()).HasFlag(FuseCapabilities.NoOpen));
        Assert.True(Agreed(new FuseOptions { ReadOnly = true }).HasFlag(FuseCapabilities.NoOpen));
        Assert.False(Agreed(new FuseOptions { ReadOnly = true, Refused = FuseCapabilities.NoOpen }).HasFlag(FuseCapabilities.NoOpen));
    }

    [Fact]
    public void PassthroughBringsItsStackDepth()
    {
        (InitOut reply, FuseKernel kernel) = InitNegotiation.Negotiate(
            FakeKernel.Linux618, new FuseOptions { Requested = FuseCapabilities.Passthrough });
        Assert.True(kernel.Has(FuseCapabilities.Passthrough));
        Assert.Equal(1u, reply.MaxStackDepth);
    }

    [Theory]
    [InlineData(FuseCapabilities.IOUring)]
    [InlineData(FuseCapabilities.SetXAttrExtended)]
    [InlineData(FuseCapabilities.RequestTimeout)]
    [InlineData(FuseCapabilities.Passthrough | FuseCapabilities.WritebackCache)]
    public void WhatIsNotImplementedCannotBeRequested(FuseCapabilities requested) =>
        Assert.Throws<ArgumentException>(() => InitNegotiation.CheckOptions(new FuseOptions { Requested = requested }));

    [Fact]
    public void NumbersOutOfRangeAreRefused()
    {
        Assert.Throws<ArgumentException>(() => InitNegotiation.CheckOptions(new FuseOptions { MaxWrite = 4095 }));
        Assert.Throws<ArgumentException>(() => InitNegotiation.CheckOptions(new FuseOptions { MaxBackground = 0 }));
        Assert.Throws<ArgumentException>(() => InitNegotiation.CheckOptions(new FuseOptions { TimeGranularity = 0 }));
        Assert.Throws<ArgumentException>(() => InitNegotiation.CheckOptions(new FuseOptions { Readers = -1 }));
    }

    private static FuseCapabilities Agreed(FuseOptions options) => InitNegotiation.Negotiate(FakeKernel.Linux618, options).Kernel.Agreed;
}

using System.Text;
using LinuxFuse.Interop;

namespace LinuxFuse.Tests.Session;

/// <summary>Masks are those of proc_pid_status(5): bit 0 is signal 1.</summary>
public class PendingSignalsTests
{
    private const ulong None = 0;
    private const ulong Interrupt = 1 << 1;
    private const ulong Quit = 1 << 2;
    private const ulong Kill = 1 << 8;
    private const ulong User1 = 1 << 9;
    private const ulong Terminate = 1 << 14;
    private const ulong Child = 1 << 16;
    private const ulong Stop = 1 << 18;
    private const ulong Urgent = 1 << 22;
    private const ulong Window = 1 << 27;
    private const ulong LastRealTime = 1UL << 63;

    [Theory]
    [InlineData(Kill, None, None, None, None)]
    [InlineData(None, Kill, ~Kill, None, None)]
    [InlineData(None, Terminate, None, None, None)]
    [InlineData(User1, None, None, None, Terminate)]
    [InlineData(LastRealTime, None, None, None, None)]
    [InlineData(None, Interrupt, None, None, Interrupt)]
    [InlineData(Child | Quit, None, None, None, Child | Quit)]
    public void WhatEndsAProgramOrComesFromItsKeyboardDoes(ulong thread, ulong process, ulong blocked, ulong ignored, ulong handled) =>
        Assert.True(PendingSignals.AskToEnd(Status(thread, process, blocked, ignored, handled)));

    [Theory]
    [InlineData(None, None, None, None, None)]
    [InlineData(Child | Urgent | Window, Stop, None, None, None)]
    [InlineData(User1, None, None, None, User1)]
    [InlineData(None, Terminate, None, None, Terminate)]
    [InlineData(LastRealTime, None, None, None, LastRealTime)]
    [InlineData(None, Interrupt | Terminate, Interrupt | Terminate, None, None)]
    [InlineData(Interrupt, Interrupt, None, Interrupt, None)]
    public void WhatAProgramGoesOnAfterDoesNot(ulong thread, ulong process, ulong blocked, ulong ignored, ulong handled) =>
        Assert.False(PendingSignals.AskToEnd(Status(thread, process, blocked, ignored, handled)));

    [Fact]
    public void AThreadThatCannotBeLookedAtIsNotToEnd()
    {
        Assert.False(PendingSignals.AskToEnd(0));
        Assert.False(PendingSignals.AskToEnd(int.MaxValue));
        Assert.False(PendingSignals.AskToEnd("Name:\tSigPnd:\nPid:\t1\n"u8));
    }

    [Fact]
    public void TheKernelsOwnTextIsUnderstood() => Assert.False(PendingSignals.AskToEnd(Threads.CurrentId));

    private static byte[] Status(ulong thread, ulong process, ulong blocked, ulong ignored, ulong handled) => Encoding.ASCII.GetBytes(
        $"Name:\tcat\nThreads:\t1\nSigQ:\t0/96000\nSigPnd:\t{thread:x16}\nShdPnd:\t{process:x16}\n"
            + $"SigBlk:\t{blocked:x16}\nSigIgn:\t{ignored:x16}\nSigCgt:\t{handled:x16}\nCapInh:\t0\n");
}

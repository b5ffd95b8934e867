using System.Text;
using LinuxFuse.Protocol;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Notifications;

public class FuseNotifierTests
{
    private static readonly byte[] s_nameWithEnd = FakeKernel.Name("name");

    [Fact]
    public async Task EachNotificationHasItsCodeAndLayoutAndOrderIsKept()
    {
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(new ScriptedFileSystem());
        mount.Notifier.InvalidateInode(new(5), 4096, 100);
        mount.Notifier.InvalidateEntry(new(1), "name"u8);
        mount.Notifier.ExpireEntry(new(1), "name"u8);
        mount.Notifier.Delete(new(1), new(5), "name"u8);
        mount.Notifier.PollWakeup(77);
        Assert.True(mount.Notifier.IncrementEpoch());
        Assert.True(mount.Notifier.Prune([new(5), new(6)]));
        CountingLease lease = new();
        mount.Notifier.Store(new(5), 8, "data"u8.ToArray(), lease);
        await mount.Notifier.FlushAsync().WaitAsync(TimeSpan.FromSeconds(20));

        Expect(kernel, NotifyCode.InvalidateInode, FakeKernel.Bytes(new NotifyInvalidateInodeOut { Node = 5, Offset = 4096, Length = 100 }));
        Expect(
            kernel, NotifyCode.InvalidateEntry, [.. FakeKernel.Bytes(new NotifyInvalidateEntryOut { Parent = 1, NameLength = 4 }), .. s_nameWithEnd]);
        Expect(
            kernel,
            NotifyCode.InvalidateEntry,
            [.. FakeKernel.Bytes(new NotifyInvalidateEntryOut { Parent = 1, NameLength = 4, Flags = 1 }), .. s_nameWithEnd]);
        Expect(kernel, NotifyCode.Delete, [.. FakeKernel.Bytes(new NotifyDeleteOut { Parent = 1, Child = 5, NameLength = 4 }), .. s_nameWithEnd]);
        Expect(kernel, NotifyCode.Poll, FakeKernel.Bytes(new NotifyPollOut { KernelHandle = 77 }));
        Expect(kernel, NotifyCode.IncrementEpoch, []);
        Expect(kernel, NotifyCode.Prune, [.. FakeKernel.Bytes(new NotifyPruneOut { Count = 2 }), .. FakeKernel.Bytes(5ul), .. FakeKernel.Bytes(6ul)]);
        Expect(kernel, NotifyCode.Store, [.. FakeKernel.Bytes(new NotifyStoreOut { Node = 5, Offset = 8, Size = 4 }), .. "data"u8]);
        Assert.Equal(1, lease.Released);
    }

    [Fact]
    public async Task AnOldKernelIsNotSentWhatItDoesNotKnow()
    {
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(
            new ScriptedFileSystem(), FakeKernel.Options with { EmulatedMinor = 27, MaskedFlags = FuseCapabilities.InitExtended });
        Assert.False(mount.Notifier.IncrementEpoch());
        Assert.False(mount.Notifier.Prune([new(5)]));
        mount.Notifier.ExpireEntry(new(1), "name"u8);
        Expect(
            kernel, NotifyCode.InvalidateEntry, [.. FakeKernel.Bytes(new NotifyInvalidateEntryOut { Parent = 1, NameLength = 4 }), .. s_nameWithEnd]);
    }

    [Fact]
    public async Task RetrieveGetsTheKernelsPages()
    {
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(new ScriptedFileSystem());
        Task<byte[]> retrieving = mount.Notifier.RetrieveAsync(new(5), 16, 100);
        FakeKernel.Answer question = kernel.Receive();
        Assert.Equal((int)NotifyCode.Retrieve, question.Code);
        NotifyRetrieveOut asked = question.As<NotifyRetrieveOut>();
        Assert.Equal((5ul, 16ul, 100u), (asked.Node, asked.Offset, asked.Size));
        kernel.Send(
            asked.NotifyUnique, FuseOpcode.NotifyReply, 5, FakeKernel.Bytes(new NotifyRetrieveIn { Offset = 16, Size = 5 }), "pages"u8.ToArray());
        Assert.Equal("pages", Encoding.ASCII.GetString(await retrieving.WaitAsync(TimeSpan.FromSeconds(20))));
    }

    [Fact]
    public async Task AfterTheEndNothingIsSentAndNobodyWaits()
    {
        using FakeKernel kernel = new();
        FuseMount mount = await kernel.StartAsync(new ScriptedFileSystem());
        Task<byte[]> unanswered = mount.Notifier.RetrieveAsync(new(5), 0, 10);
        kernel.Receive();
        await mount.DisposeAsync();
        CountingLease lease = new();
        mount.Notifier.Store(new(5), 0, new byte[10], lease);
        mount.Notifier.InvalidateInode(new(5));
        await mount.Notifier.FlushAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(1, lease.Released);
        Assert.Empty(await unanswered.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Empty(await mount.Notifier.RetrieveAsync(new(5), 0, 10).WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task NamesOfWrongLengthAreTheCallersFault()
    {
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(new ScriptedFileSystem());
        Assert.Throws<ArgumentOutOfRangeException>(() => mount.Notifier.InvalidateEntry(new(1), default));
        Assert.Throws<ArgumentOutOfRangeException>(() => mount.Notifier.InvalidateEntry(new(1), new byte[1025]));
    }

    private static void Expect(FakeKernel kernel, NotifyCode code, byte[] body)
    {
        FakeKernel.Answer message = kernel.Receive();
        Assert.Equal((0ul, (int)code), (message.Unique, message.Code));
        Assert.Equal(body, message.Body);
    }

    private sealed class CountingLease : IReplyLease
    {
        public int Released { get; private set; }

        public void Release() => Released++;
    }
}

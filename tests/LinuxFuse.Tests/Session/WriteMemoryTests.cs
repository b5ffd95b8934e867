using System.Collections.Concurrent;
using System.Text;
using LinuxFuse.Protocol;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Session;

/// <summary>Data of a WRITE that is read into the file system's own memory, and everything else that comes while that lies ready.</summary>
public class WriteMemoryTests
{
    private const int Expected = 20_000;

    [Fact]
    public async Task AWriteOfTheExpectedSizeIsTheHandlersToKeep()
    {
        Lender lender = new();
        ConcurrentQueue<IWriteMemory?> taken = [];
        ScriptedFileSystem fileSystem = new()
        {
            OnRentWriteMemory = lender.Rent,
            OnWrite = op =>
            {
                Assert.Equal(Expected, op.Data.Length);
                taken.Enqueue(op.TakeMemory());
                Assert.Null(op.TakeMemory());
                return new(op.Reply(Expected));
            },
        };
        using FakeKernel kernel = new();
        await using (FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { Readers = 1 }))
        {
            for (int i = 0; i < 10; i++)
            {
                Assert.Equal(Errno.OK, Write(kernel, Pattern(i, Expected)).Error);
            }

            kernel.Hangup();
        }

        Assert.Equal(10, taken.Count);
        for (int i = 0; i < 10; i++)
        {
            Assert.True(taken.TryDequeue(out IWriteMemory? memory));
            Assert.Equal(Pattern(i, Expected), memory!.Memory.ToArray());
            memory.Release();
        }

        Assert.Equal(0, lender.Out);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task EverythingElseArrivesAsIfNoMemoryLayThere(int readers)
    {
        Lender lender = new();
        string longest = new('n', 255);
        ConcurrentQueue<string> wrong = [];
        ScriptedFileSystem fileSystem = new()
        {
            OnRentWriteMemory = lender.Rent,
            OnLookup = op =>
                new(
                    Encoding.ASCII.GetString(op.Name) == longest[..op.Name.Length]
                        ? op.Reply(new FuseEntry(new((ulong)op.Name.Length), default, TimeSpan.Zero))
                        : Errno.EIO),
            OnWrite = op =>
            {
                if (!op.Data.Span.SequenceEqual(Pattern((int)op.Offset, op.Data.Length)))
                {
                    wrong.Enqueue($"{op.Offset}: {op.Data.Length} bytes");
                }

                return new(op.Reply(op.Data.Length)); // does not take the memory: the library releases it
            },
        };
        using FakeKernel kernel = new();
        await using (FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { Readers = readers }))
        {
            Random random = new(4);
            for (int i = 0; i < 400; i++)
            {
                int length = random.Next(6) switch
                {
                    0 => random.Next(1, 4096),
                    1 => Expected - 1,
                    2 => Expected + 1,
                    3 => random.Next(4096, 60_000),
                    _ => Expected,
                };
                Assert.Equal(Errno.OK, Write(kernel, Pattern(i, length), i).Error);
                Assert.Equal(Errno.OK, kernel.Call(FuseOpcode.Lookup, 1, FakeKernel.Name(longest[..random.Next(1, 256)])).Error);
            }

            kernel.Hangup();
        }

        Assert.Empty(wrong);
        Assert.Equal(0, lender.Out);
    }

    [Fact]
    public async Task AMessageThatSaysMoreThanItHasIsRefusedAndTheMemoryIsNotLost()
    {
        Lender lender = new();
        ScriptedFileSystem fileSystem = new() { OnRentWriteMemory = lender.Rent, OnWrite = op => new(op.Reply(op.Data.Length)) };
        using FakeKernel kernel = new();
        await using (FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { Readers = 1 }))
        {
            byte[] data = Pattern(1, Expected);
            Assert.Equal(Errno.EINVAL, kernel.Call(FuseOpcode.Write, 2, FakeKernel.Bytes(new WriteIn { Size = Expected + 1 }), data).Error);
            Assert.Equal(
                Errno.EINVAL,
                kernel.Call(FuseOpcode.Write, 2, FakeKernel.Bytes(new WriteIn { Size = Expected, Offset = ulong.MaxValue }), data).Error);
            Assert.Equal(Errno.OK, Write(kernel, data).Error);
            kernel.Hangup();
        }

        Assert.Equal(0, lender.Out);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(10 << 20)]
    public async Task MemoryThatCannotLieOverAMessageIsGivenBack(int bytes)
    {
        Lender lender = new(bytes);
        ScriptedFileSystem fileSystem = new()
        {
            OnRentWriteMemory = lender.Rent,
            OnWrite = op => new(op.TakeMemory() is null ? op.Reply(op.Data.Length) : Errno.EIO),
        };
        using FakeKernel kernel = new();
        await using (FuseMount mount = await kernel.StartAsync(fileSystem))
        {
            Assert.Equal(Errno.OK, Write(kernel, new byte[16]).Error);

            // A reader asks again before it waits for the next request, so that there is no moment before its end at which nothing is lent for
            // certain.
            kernel.Hangup();
        }

        Assert.Equal(0, lender.Out);
    }

    private static FakeKernel.Answer Write(FakeKernel kernel, byte[] data, int offset = 0) =>
        kernel.Call(FuseOpcode.Write, 2, FakeKernel.Bytes(new WriteIn { Size = (uint)data.Length, Offset = (ulong)offset }), data);

    private static byte[] Pattern(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private sealed class Lender(int bytes = Expected)
    {
        private int _out;

        public int Out => Volatile.Read(ref _out);

        public IWriteMemory? Rent()
        {
            Interlocked.Increment(ref _out);
            return new Lent(this, bytes);
        }

        private sealed class Lent(Lender lender, int bytes) : IWriteMemory
        {
            public Memory<byte> Memory { get; } = new byte[bytes];

            public void Release() => Interlocked.Decrement(ref lender._out);
        }
    }
}

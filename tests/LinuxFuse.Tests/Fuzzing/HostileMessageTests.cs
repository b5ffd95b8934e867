using LinuxFuse.Protocol;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Fuzzing;

/// <summary>Messages that no kernel sends. The daemon must answer or drop each, and still serve the next good one.</summary>
public class HostileMessageTests
{
    private const int Rounds = 6000;
    private static readonly FuseOpcode[] s_opcodes = Enum.GetValues<FuseOpcode>();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task MutatedRequestsNeverCrashOrHang(int seed)
    {
        MemoryLogger logger = new();
        using FakeKernel kernel = new();
        FuseOptions options = FakeKernel.Options with { LoggerFactory = logger, TraceFile = "/dev/null" };
        await using FuseMount mount = await kernel.StartAsync(new Samples.MemoryFileSystem(), options);
        Random random = new(seed);
        for (int i = 0; i < Rounds; i++)
        {
            kernel.SendRaw(Mutate(random, Valid(random)));
            while (kernel.TryReceive(TimeSpan.Zero))
            {
            }

            if (i % 500 == 0)
                AssertAlive(kernel);
        }

        AssertAlive(kernel);
        Assert.DoesNotContain(
            logger.Lines, line => line.StartsWith("Critical", StringComparison.Ordinal) || line.Contains("answering", StringComparison.Ordinal));
    }

    /// <summary>A node and unique that no mutation uses, so that the answer can be told apart.</summary>
    private static void AssertAlive(FakeKernel kernel)
    {
        ulong unique = (1ul << 40) + kernel.NextUnique();
        kernel.Send(unique, FuseOpcode.GetAttr, 1, FakeKernel.Bytes(default(GetAttrIn)));
        while (true)
        {
            FakeKernel.Answer answer = kernel.Receive();
            if (answer.Unique == unique)
            {
                Assert.Equal(Errno.OK, answer.Error);
                return;
            }
        }
    }

    private static byte[] Valid(Random random)
    {
        FuseOpcode opcode = s_opcodes[random.Next(s_opcodes.Length)];
        byte[] body = new byte[random.Next(200)];
        if (random.Next(3) > 0)
            random.NextBytes(body);
        if (random.Next(2) == 0)
            body = [.. body, .. FakeKernel.Name("name"), .. FakeKernel.Name("other")];
        InHeader header = new()
        {
            Length = (uint)(40 + body.Length),
            Opcode = (uint)opcode,
            Unique = (ulong)random.Next(1, 1000) * 2,
            Node = (ulong)random.Next(4),
            Pid = 0x7fff0000,
        };
        return [.. FakeKernel.Bytes(header), .. body];
    }

    private static byte[] Mutate(Random random, byte[] message)
    {
        switch (random.Next(4))
        {
            case 0:
                return message[..random.Next(1, message.Length)];
            case 1:
                for (int i = random.Next(1, 8); i > 0; i--)
                    message[random.Next(message.Length)] = (byte)random.Next(256);
                return message;
            case 2:
                return [.. message, .. new byte[random.Next(20_000)]];
            default:
                return message;
        }
    }
}

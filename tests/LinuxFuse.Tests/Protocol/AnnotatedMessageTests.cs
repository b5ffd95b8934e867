using System.Text;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Protocol;

/// <summary>Messages byte by byte, little-endian, as Linux 6.18 sent them. If one of these fails, the wire changed.</summary>
public class AnnotatedMessageTests
{
    [Fact]
    public async Task ALookupIsParsedAndAnEntryIsWritten()
    {
        string? asked = null;
        Caller caller = default;
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = op =>
            {
                asked = $"{op.Parent} {Encoding.UTF8.GetString(op.Name)}";
                caller = op.Request.Caller;
                FuseAttr attributes = new() { Inode = 0x22, Type = FileType.Regular, Permissions = 0x1a4, Size = 0x1234, Modified = new(5, 6) };
                return new(op.Reply(new FuseEntry(new(0x21), attributes, TimeSpan.FromSeconds(7), TimeSpan.FromMilliseconds(1.5), Generation: 3)));
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem);

        kernel.SendRaw(
        [
            0x2e, 0, 0, 0, 0x01, 0, 0, 0, // length 46, opcode LOOKUP
            0x10, 0, 0, 0, 0, 0, 0, 0, // unique 16
            0x01, 0, 0, 0, 0, 0, 0, 0, // node 1
            0xe8, 0x03, 0, 0, 0x64, 0, 0, 0, // uid 1000, gid 100
            0x01, 0x00, 0xff, 0x7f, 0, 0, 0, 0, // pid, no extensions
            (byte)'h', (byte)'e', (byte)'l', (byte)'l', (byte)'o', 0,
        ]);
        FakeKernel.Answer answer = kernel.AnswerTo(16);

        Assert.Equal("1 hello", asked);
        Assert.Equal(new Caller(1000, 100, 0x7fff0001), caller);
        byte[] expected =
        [
            0x21, 0, 0, 0, 0, 0, 0, 0, // node
            0x03, 0, 0, 0, 0, 0, 0, 0, // generation
            0x07, 0, 0, 0, 0, 0, 0, 0, // entry valid, seconds
            0x00, 0, 0, 0, 0, 0, 0, 0, // attributes valid, seconds
            0x00, 0, 0, 0, 0x60, 0xe3, 0x16, 0, // nanoseconds of both: 0 and 1,500,000
            0x22, 0, 0, 0, 0, 0, 0, 0, // ino
            0x34, 0x12, 0, 0, 0, 0, 0, 0, // size
            0x0a, 0, 0, 0, 0, 0, 0, 0, // blocks of 512
            0x00, 0, 0, 0, 0, 0, 0, 0, // atime
            0x05, 0, 0, 0, 0, 0, 0, 0, // mtime
            0x00, 0, 0, 0, 0, 0, 0, 0, // ctime
            0x00, 0, 0, 0, 0x06, 0, 0, 0, // nanoseconds of atime and mtime
            0x00, 0, 0, 0, 0xa4, 0x81, 0, 0, // nanoseconds of ctime, mode 0100644
            0x01, 0, 0, 0, 0, 0, 0, 0, // links, uid
            0x00, 0, 0, 0, 0, 0, 0, 0, // gid, rdev
            0x00, 0x10, 0, 0, 0, 0, 0, 0, // block size 4096, flags
        ];
        Assert.Equal(expected, answer.Body);
    }

    [Fact]
    public async Task AWriteIsParsedAndItsCountIsWritten()
    {
        string? written = null;
        ScriptedFileSystem fileSystem = new()
        {
            OnWrite = op =>
            {
                written = $"{op.Node} {op.Handle} {op.Offset} {Encoding.UTF8.GetString(op.Data.Span)} {op.IsFromCache} {op.Flags}";
                return new(op.Reply(op.Data.Length));
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem);

        kernel.SendRaw(
        [
            0x53, 0, 0, 0, 0x10, 0, 0, 0, // length 83, opcode WRITE
            0x12, 0, 0, 0, 0, 0, 0, 0, // unique 18
            0x05, 0, 0, 0, 0, 0, 0, 0, // node 5
            0, 0, 0, 0, 0, 0, 0, 0, // uid, gid
            0, 0, 0, 0, 0, 0, 0, 0, // pid 0: writeback
            0x09, 0, 0, 0, 0, 0, 0, 0, // handle 9
            0x00, 0x10, 0, 0, 0, 0, 0, 0, // offset 4096
            0x03, 0, 0, 0, 0x01, 0, 0, 0, // size 3, write flags: from cache
            0, 0, 0, 0, 0, 0, 0, 0, // lock owner
            0x02, 0, 0, 0, 0, 0, 0, 0, // open flags O_RDWR
            (byte)'a', (byte)'b', (byte)'c',
        ]);
        FakeKernel.Answer answer = kernel.AnswerTo(18);

        Assert.Equal("5 9 4096 abc True ReadWrite", written);
        Assert.Equal([0x03, 0, 0, 0, 0, 0, 0, 0], answer.Body);
    }

    [Fact]
    public async Task DirectoryRecordsArePaddedAndCarryTheirCookies()
    {
        ScriptedFileSystem fileSystem = new()
        {
            OnReadDir = op =>
            {
                Assert.True(op.TryAdd("ab"u8, 0x11, FileType.Directory, next: 1));
                Assert.True(op.TryAdd("12345678"u8, 0x12, FileType.Regular, next: 2));
                Assert.False(op.TryAdd("c"u8, 0x13, FileType.Regular, next: 3));
                return new(Errno.OK);
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem);

        LinuxFuse.Protocol.ReadIn read = new() { Size = 64 + 24 };
        FakeKernel.Answer answer = kernel.Call(FuseOpcode.ReadDir, 1, FakeKernel.Bytes(read));

        byte[] expected =
        [
            0x11, 0, 0, 0, 0, 0, 0, 0, 0x01, 0, 0, 0, 0, 0, 0, 0, // inode, next
            0x02, 0, 0, 0, 0x04, 0, 0, 0, // name length 2, DT_DIR
            (byte)'a', (byte)'b', 0, 0, 0, 0, 0, 0,
            0x12, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
            0x08, 0, 0, 0, 0x08, 0, 0, 0, // name length 8, DT_REG
            (byte)'1', (byte)'2', (byte)'3', (byte)'4', (byte)'5', (byte)'6', (byte)'7', (byte)'8',
        ];
        Assert.Equal(expected, answer.Body);
    }
}

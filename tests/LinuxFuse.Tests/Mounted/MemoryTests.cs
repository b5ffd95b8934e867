using LinuxFuse.Samples;
using LinuxFuse.Tests.Support;
using Microsoft.Win32.SafeHandles;

namespace LinuxFuse.Tests.Mounted;

public class MemoryTests
{
    [FuseFact]
    public async Task FilesAreWrittenReadTruncatedAndAppendedTo()
    {
        await using TempMount mount = await TempMount.CreateAsync(new MemoryFileSystem());
        byte[] content = new byte[3 * 1024 * 1024 + 17];
        new Random(1).NextBytes(content);
        await File.WriteAllBytesAsync(mount["a"], content);
        Assert.Equal(content, await File.ReadAllBytesAsync(mount["a"]));
        await File.AppendAllTextAsync(mount["a"], "end");
        Assert.Equal(content.Length + 3, new FileInfo(mount["a"]).Length);
        await File.WriteAllTextAsync(mount["a"], "new");
        Assert.Equal("new", await File.ReadAllTextAsync(mount["a"]));
    }

    [FuseFact]
    public async Task NamesAreMovedReplacedExchangedAndLinked()
    {
        await using TempMount mount = await TempMount.CreateAsync(new MemoryFileSystem());
        Directory.CreateDirectory(mount["d"]);
        await File.WriteAllTextAsync(mount["a"], "a");
        await File.WriteAllTextAsync(mount["b"], "b");
        File.Move(mount["a"], mount["b"], overwrite: true);
        Assert.Equal("a", await File.ReadAllTextAsync(mount["b"]));
        File.Move(mount["b"], mount["d/c"]);
        Assert.Equal([mount["d"]], Directory.GetFileSystemEntries(mount.Path));

        await File.WriteAllTextAsync(mount["e"], "e");
        Assert.Equal(-1, Posix.Rename(-100, mount["e"], -100, mount["d/c"], (uint)RenameFlags.NoReplace));
        Assert.Equal(Errno.EEXIST, Posix.LastErrno);
        Assert.Equal(0, Posix.Rename(-100, mount["e"], -100, mount["d/c"], (uint)RenameFlags.Exchange));
        Assert.Equal("a", await File.ReadAllTextAsync(mount["e"]));

        Assert.Equal(0, Posix.Link(mount["e"], mount["f"]));
        File.Delete(mount["e"]);
        Assert.Equal("a", await File.ReadAllTextAsync(mount["f"]));
        File.CreateSymbolicLink(mount["s"], "d/c");
        Assert.Equal("e", await File.ReadAllTextAsync(mount["s"]));
        Assert.ThrowsAny<IOException>(() => Directory.Delete(mount["d"]));
        Directory.Delete(mount["d"], recursive: true);
    }

    [FuseFact]
    public async Task AnUnlinkedFileLivesUntilItIsClosedAndForgotten()
    {
        MemoryFileSystem fileSystem = new();
        await using TempMount mount = await TempMount.CreateAsync(fileSystem);
        await using (FileStream file = new(mount["x"], FileMode.Create, FileAccess.ReadWrite))
        {
            File.Delete(mount["x"]);
            Assert.False(File.Exists(mount["x"]));
            file.Write("still here"u8);
            file.Flush();
            file.Position = 0;
            Assert.Equal("still here", await new StreamReader(file).ReadToEndAsync());
            Assert.Equal(2, fileSystem.NodeCount);
        }

        // close(2) does not wait for RELEASE, and one that is still queued at the unmount is never sent.
        Assert.True(SpinWait.SpinUntil(() => fileSystem.HandleCount == 0, TimeSpan.FromSeconds(20)));
    }

    [FuseFact]
    public async Task EachCloseIsAFlushAndTheLastARelease()
    {
        await using TempMount mount = await TempMount.CreateAsync(new MemoryFileSystem());
        int first = Posix.Open(mount["f"], Posix.ReadWrite | Posix.Create, 0b110_100_100);
        int second = Posix.Duplicate(first);
        Assert.Equal(0, Posix.Close(first));
        Assert.Equal((1, 0), (mount.Mount.Statistics[FuseOpcode.Flush], mount.Mount.Statistics[FuseOpcode.Release]));
        Assert.Equal(0, Posix.Close(second));

        // As above: close(2) does not wait for RELEASE, and one that is still queued at the unmount is never sent.
        Assert.True(SpinWait.SpinUntil(() => mount.Mount.Statistics[FuseOpcode.Release] == 1, TimeSpan.FromSeconds(20)));
        await mount.Mount.UnmountAsync();
        Assert.Equal((2, 1), (mount.Mount.Statistics[FuseOpcode.Flush], mount.Mount.Statistics[FuseOpcode.Release]));
    }

    [FuseFact]
    public async Task ALargeDirectoryIsListedWholeAndCanBeEnteredAnywhere()
    {
        const int count = 10_000;
        await using TempMount mount = await TempMount.CreateAsync(new MemoryFileSystem());
        string[] names = [.. Enumerable.Range(0, count).Select(i => $"file{i}")];
        foreach (string name in names)
            File.Create(mount[name]).Dispose();
        Assert.Equal(names.Order(), Directory.GetFiles(mount.Path).Select(Path.GetFileName).Order());

        nint directory = Posix.OpenDirectory(mount.Path);
        List<(string Name, long Next)> entries = [];
        while (Posix.ReadEntry(directory) is { } entry)
            entries.Add(entry);
        Assert.Equal(count + 2, entries.Count);
        Random random = new(3);
        for (int i = 0; i < 50; i++)
        {
            int index = random.Next(entries.Count - 1);
            Posix.SeekDirectory(directory, entries[index].Next);
            Assert.Equal(entries[index + 1], Posix.ReadEntry(directory)!.Value);
        }

        // Names that go while a listing is under way neither end it nor make it repeat others.
        Posix.SeekDirectory(directory, entries[4].Next);
        for (int i = 5; i < entries.Count; i += 2)
            File.Delete(mount[entries[i].Name]);
        HashSet<string> rest = [];
        while (Posix.ReadEntry(directory) is { } entry)
            Assert.True(rest.Add(entry.Name));
        for (int i = 6; i < entries.Count; i += 2)
            Assert.Contains(entries[i].Name, rest);
        Posix.CloseDirectory(directory);
    }

    [FuseFact]
    public async Task HolesXattrsAndTimesArriveUnchanged()
    {
        await using TempMount mount = await TempMount.CreateAsync(new MemoryFileSystem());
        await File.WriteAllBytesAsync(mount["f"], Enumerable.Repeat((byte)1, 256 * 1024).ToArray());
        int fd = Posix.Open(mount["f"], Posix.ReadWrite, 0);
        Assert.Equal(0, Posix.Fallocate(fd, Posix.PunchHoleKeepSize, 64 * 1024, 64 * 1024));
        Assert.Equal(64 * 1024, Posix.Seek(fd, 0, Posix.SeekHole));
        Assert.Equal(128 * 1024, Posix.Seek(fd, 64 * 1024, Posix.SeekData));
        Assert.Equal(0, Posix.Close(fd));
        Assert.Equal(0, (await File.ReadAllBytesAsync(mount["f"]))[100_000]);

        byte[] value = new byte[10];
        Assert.Equal(-1, Posix.GetXAttr(mount["f"], "user.none", value, 10));
        Assert.Equal(Errno.ENODATA, Posix.LastErrno);
        Assert.Equal(0, Posix.SetXAttr(mount["f"], "user.a", "value"u8.ToArray(), 5, 0));
        Assert.Equal(5, Posix.GetXAttr(mount["f"], "user.a", value, 0));
        Assert.Equal(-1, Posix.GetXAttr(mount["f"], "user.a", value, 4));
        Assert.Equal(Errno.ERANGE, Posix.LastErrno);
        Assert.Equal(5, Posix.GetXAttr(mount["f"], "user.a", value, 10));

        DateTime time = new DateTime(2020, 2, 3, 4, 5, 6, DateTimeKind.Utc).AddTicks(1234567);
        File.SetLastWriteTimeUtc(mount["f"], time);
        Assert.Equal(time, File.GetLastWriteTimeUtc(mount["f"]));
        File.SetUnixFileMode(mount["f"], UnixFileMode.UserRead);
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(mount["f"]));
    }

    /// <summary>In the spirit of fsx: random reads, writes and truncations of one file, against an array.</summary>
    [FuseFact]
    public Task RandomOperationsAgreeWithAnArray() => CompareAsync(TempMount.Options, seed: 11);

    [FuseFact]
    public Task RandomOperationsAgreeWithAnArrayOnAnOldKernel() => CompareAsync(
        TempMount.Options with
        {
            EmulatedMinor = 27,
            MaskedFlags = FuseCapabilities.InitExtended | FuseCapabilities.MaxPages | FuseCapabilities.ParallelDirectoryOperations,
        },
        seed: 12);

    private static async Task CompareAsync(FuseOptions options, int seed)
    {
        const int largest = 600_000;
        await using TempMount mount = await TempMount.CreateAsync(new MemoryFileSystem(), options);
        Random random = new(seed);
        byte[] model = new byte[largest];
        int length = 0;
        SafeFileHandle file = File.OpenHandle(mount["f"], FileMode.Create, FileAccess.ReadWrite);
        for (int i = 0; i < 600; i++)
        {
            int offset = random.Next(largest);
            int size = random.Next(1, Math.Min(200_000, largest - offset) + 1);
            string operation = $"{seed}/{i}";
            switch (random.Next(5))
            {
                case 0 or 1:
                    byte[] data = new byte[size];
                    random.NextBytes(data);
                    RandomAccess.Write(file, data, offset);
                    data.CopyTo(model, offset);
                    length = Math.Max(length, offset + size);
                    break;
                case 2:
                    RandomAccess.SetLength(file, offset);
                    if (offset < length)
                        Array.Clear(model, offset, length - offset);
                    length = offset;
                    break;
                case 3:
                    byte[] read = new byte[size];
                    int count = RandomAccess.Read(file, read, offset);
                    Assert.True(count == Math.Clamp(length - offset, 0, size), operation);
                    Assert.True(read.AsSpan(0, count).SequenceEqual(model.AsSpan(offset, count)), operation);
                    break;
                default:
                    file.Dispose();
                    file = File.OpenHandle(mount["f"], FileMode.Open, FileAccess.ReadWrite);
                    Assert.True(RandomAccess.GetLength(file) == length, operation);
                    break;
            }
        }

        file.Dispose();
        Assert.Equal(model.AsSpan(0, length).ToArray(), await File.ReadAllBytesAsync(mount["f"]));
    }
}

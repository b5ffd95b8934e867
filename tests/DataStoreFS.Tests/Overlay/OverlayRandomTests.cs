using System.Text;
using DataStoreFS.Overlay;
using DataStoreFS.Tests.WriteBack;

namespace DataStoreFS.Tests.Overlay;

/// <summary>Thousands of random calls, with remounts between them, against <see cref="OverlayModel"/>: every answer and every file.</summary>
public sealed class OverlayRandomTests
{
    private const int Steps = 3000;

    private static readonly string[] s_names = ["a", "b", "export.xml", "export.n5", "attributes.json", "setup0", "block", ".dsfs.w.a", "d"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void EveryAnswerAndEveryFileMatchTheModel(int seed)
    {
        Random random = new(seed);
        using TemporaryFolder folder = new();
        LowerTreeStub lower = new();
        OverlayModel model = new();
        OverlayStore store = OverlayStore.Open(folder.Path, lower);
        try
        {
            for (int step = 0; step < Steps; step++)
            {
                string path = RandomPath(random);
                string other = RandomPath(random);
                (string what, int actual, int expected) = Act(random, store, lower, model, path, other);
                Assert.True(actual == expected, $"seed {seed} step {step}: {what} {path} {other}: answered {actual}, expected {expected}");
                if (step % 100 == 99)
                {
                    store.Dispose();
                    store = OverlayStore.Open(folder.Path, lower);
                }

                if (step % 25 == 0)
                {
                    Assert.Equal(Describe(model.Top, ""), Describe(store, lower, ""));
                }
            }

            Assert.Equal(Describe(model.Top, ""), Describe(store, lower, ""));
            Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(folder.Path, "work")));
        }
        finally
        {
            store.Dispose();
        }
    }

    private static (string What, int Actual, int Expected) Act(
        Random random, OverlayStore store, LowerTreeStub lower, OverlayModel model, string path, string other)
    {
        int offset = random.Next(50);
        byte[] data = new byte[random.Next(1, 40)];
        random.NextBytes(data);
        uint flags = random.Next(6) switch { 0 => 1u, 1 => 2u, _ => 0u };
        switch (random.Next(10))
        {
            case 0 or 1:
                int created = store.CreateFile(path, 2, 0x1A4, LowerTreeStub.Owner, out OverlayFile? file);
                file?.Dispose();
                return ("create", created, model.Create(path));
            case 2 or 3:
                bool truncate = random.Next(3) == 0;
                return ("write", Write(store, path, offset, data, truncate), model.Write(path, offset, data, truncate));
            case 4:
                return ("mkdir", store.MakeFolder(path, 0x1ED, LowerTreeStub.Owner), model.MakeFolder(path));
            case 5:
                return ("unlink", store.RemoveFile(path), model.RemoveFile(path));
            case 6:
                return ("rmdir", store.RemoveFolder(path), model.RemoveFolder(path));
            case 7:
                return random.Next(3) == 0
                    ? ("symlink", store.MakeSymlink(path, other, LowerTreeStub.Owner), model.MakeSymlink(path, other))
                    : ("truncate", store.SetAttributes(path, new OverlayChange(Size: offset)), model.Truncate(path, offset));
            case 8 when random.Next(4) == 0:
                return ("link", store.Link(path, other), model.Link(path, other));
            default:
                return ($"rename({flags})", store.Rename(path, other, flags), model.Rename(path, other, flags));
        }
    }

    private static int Write(OverlayStore store, string path, int offset, byte[] data, bool truncate)
    {
        int error = store.OpenFile(path, truncate ? 0x201 : 1, out OverlayFile? file);
        using (file)
        {
            return error == 0 ? file!.Write(offset, data, out _) : error;
        }
    }

    private static string RandomPath(Random random)
    {
        IEnumerable<string> names = Enumerable.Range(0, random.Next(1, 4))
            .Select(depth => depth == 0 && random.Next(3) == 0 ? "export.n5" : s_names[random.Next(s_names.Length)]);
        return string.Join('/', names);
    }

    private static string Describe(OverlayModel.Node node, string path)
    {
        StringBuilder text = new();
        text.Append(path).Append(": ").AppendLine(node switch
        {
            OverlayModel.Plain file => Convert.ToHexString([.. file.Content]),
            OverlayModel.Symlink link => "-> " + link.Target,
            _ => "folder",
        });
        if (node is OverlayModel.Folder folder)
        {
            foreach ((string name, OverlayModel.Node child) in folder.Children)
            {
                text.Append(Describe(child, $"{path}/{name}"));
            }
        }

        return text.ToString();
    }

    private static string Describe(OverlayStore store, LowerTreeStub lower, string path)
    {
        StringBuilder text = new();
        Assert.Equal(0, store.Find(path, out OverlayKind kind, out OverlayStat stat));
        bool isFolder = kind == OverlayKind.Lower ? lower.TryGet(path, out LowerEntry entry) && entry.IsFolder : stat.IsFolder;
        string shown = path.Length == 0 ? "" : "/" + path;
        if (!isFolder)
        {
            return text.Append(shown).Append(": ").AppendLine(Content(store, path, kind, stat)).ToString();
        }

        text.Append(shown).AppendLine(": folder");
        Assert.Equal(0, store.List(path, out OverlayListing listing));
        IEnumerable<string> lowerNames = lower.TryGet(path, out LowerEntry folder) && folder.IsFolder && kind != OverlayKind.Upper
            ? lower.List(path)
            : [];
        foreach (string name in listing.Merge(lowerNames).Order(StringComparer.Ordinal))
        {
            text.Append(Describe(store, lower, path.Length == 0 ? name : $"{path}/{name}"));
        }

        return text.ToString();
    }

    private static string Content(OverlayStore store, string path, OverlayKind kind, OverlayStat stat)
    {
        if (kind == OverlayKind.Lower)
        {
            return Convert.ToHexString(Encoding.UTF8.GetBytes(LowerTreeStub.Tree[path]!));
        }

        if (stat.IsSymlink)
        {
            Assert.Equal(0, store.ReadLink(path, out byte[] target));
            return "-> " + Encoding.UTF8.GetString(target);
        }

        Assert.Equal(0, store.OpenFile(path, 0, out OverlayFile? file));
        using (file)
        {
            byte[] content = new byte[1000];
            Assert.Equal(0, file!.Read(0, content, out int count));
            Assert.Equal(stat.Size, count);
            return Convert.ToHexString(content, 0, count);
        }
    }
}

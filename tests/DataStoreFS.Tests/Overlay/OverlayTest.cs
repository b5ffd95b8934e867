using System.Text;
using DataStoreFS.Overlay;
using DataStoreFS.Tests.WriteBack;
using Mono.Unix.Native;

namespace DataStoreFS.Tests.Overlay;

/// <summary>An overlay over <see cref="LowerTreeStub"/> in a folder of its own, gone with the test.</summary>
public abstract class OverlayTest : IDisposable
{
    private protected const int ReadWrite = 2;
    private protected const int WriteOnly = 1;
    private protected const int Truncate = 0x200;

    private protected OverlayTest() => Store = OverlayStore.Open(Folder.Path, Lower);

    private protected TemporaryFolder Folder { get; } = new();

    private protected LowerTreeStub Lower { get; } = new();

    private protected OverlayStore Store { get; set; }

    public void Dispose()
    {
        Store.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static void Ok(int error) => Assert.True(error == 0, $"{NativeConvert.ToErrno(error == 0 ? 1 : error)}");

    private protected void Remount()
    {
        Store.Dispose();
        Store = OverlayStore.Open(Folder.Path, Lower);
    }

    private protected (int Error, OverlayKind Kind) Kind(string path) => (Store.Find(path, out OverlayKind kind, out _), kind);

    private protected IEnumerable<string> Names(string path)
    {
        Ok(Store.List(path, out OverlayListing listing));
        return listing.Merge(Lower.TryGet(path, out _) ? Lower.List(path) : []).Order(StringComparer.Ordinal);
    }

    private protected void Write(string path, string text, bool truncate = true)
    {
        OverlayFile? file;
        if (Kind(path).Kind == OverlayKind.Missing)
        {
            Ok(Store.CreateFile(path, WriteOnly, 0x1A4, LowerTreeStub.Owner, out file));
        }
        else
        {
            Ok(Store.OpenFile(path, WriteOnly | (truncate ? Truncate : 0), out file));
        }

        using (file)
        {
            Ok(file!.Write(0, Encoding.UTF8.GetBytes(text), out _));
        }
    }

    private protected string Read(string path)
    {
        if (Kind(path).Kind == OverlayKind.Lower)
        {
            return LowerTreeStub.Tree[path]!;
        }

        Ok(Store.OpenFile(path, 0, out OverlayFile? file));
        using (file)
        {
            byte[] content = new byte[1 << 16];
            Ok(file!.Read(0, content, out int count));
            return Encoding.UTF8.GetString(content, 0, count);
        }
    }
}

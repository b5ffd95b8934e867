using System.Text;
using DataStoreFS.Overlay;

namespace DataStoreFS.Tests.Overlay;

/// <summary>A tiny dataset tree: two metadata files at each depth that may be changed, and a block that may not.</summary>
internal sealed class LowerTreeStub : ILowerTree
{
    public static readonly DateTimeOffset Modified = DateTimeOffset.FromUnixTimeSeconds(1_600_000_000);

    public static readonly IReadOnlyDictionary<string, string?> Tree = new SortedDictionary<string, string?>(StringComparer.Ordinal)
    {
        [""] = null,
        ["export.xml"] = "<SpimData/>",
        ["export.n5"] = null,
        ["export.n5/attributes.json"] = """{"n5":"2.5.1"}""",
        ["export.n5/setup0"] = null,
        ["export.n5/setup0/attributes.json"] = """{"dataType":"uint16"}""",
        ["export.n5/setup0/block"] = "voxels",
    };

    public static OverlayOwner Owner { get; } = new(Mono.Unix.Native.Syscall.geteuid(), Mono.Unix.Native.Syscall.getegid());

    public static bool IsBlock(string path) => path.EndsWith("/block", StringComparison.Ordinal);

    public bool TryGet(string path, out LowerEntry entry)
    {
        bool known = Tree.TryGetValue(path, out string? content);
        entry = new LowerEntry(content is null, content is not null && !IsBlock(path), content is null ? 0x1ED : 0x1A4, Owner, Modified);
        return known;
    }

    public IEnumerable<string> List(string path) => Tree.Keys.Where(k => k.Length > 0 && Parent(k) == path).Select(Name);

    public ReadOnlyMemory<byte> Read(string path) => Encoding.UTF8.GetBytes(Tree[path]!);

    public static string Parent(string path) => path.Contains('/', StringComparison.Ordinal) ? path[..path.LastIndexOf('/')] : "";

    public static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];
}

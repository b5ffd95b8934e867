using System.Text;
using DataStoreFS.Overlay;

namespace DataStoreFS.Tests.Overlay;

/// <summary>What the merged tree should be, as plain objects: POSIX rules, and the dataset's own folders and blocks that cannot be moved.</summary>
internal sealed class OverlayModel
{
    public OverlayModel()
    {
        foreach ((string path, string? content) in LowerTreeStub.Tree)
        {
            if (path.Length > 0)
            {
                Folder parent = (Folder)Get(LowerTreeStub.Parent(path))!;
                parent.Children[LowerTreeStub.Name(path)] = content is null
                    ? new Folder { IsLower = true }
                    : new Plain { Content = [.. Encoding.UTF8.GetBytes(content)], IsBlock = LowerTreeStub.IsBlock(path) };
            }
        }
    }

    public Folder Top { get; } = new() { IsLower = true };

    public Node? Get(string path) => Walk(path, out Node? node) == 0 ? node : null;

    public int Create(string path)
    {
        int error = Parent(path, out Folder parent, out string name);
        if (error != 0)
        {
            return error;
        }

        return parent.Children.TryAdd(name, new Plain()) ? 0 : PosixErrno.EEXIST;
    }

    public int MakeFolder(string path)
    {
        int error = Parent(path, out Folder parent, out string name);
        return error != 0 ? error : parent.Children.TryAdd(name, new Folder()) ? 0 : PosixErrno.EEXIST;
    }

    public int MakeSymlink(string path, string target)
    {
        int error = Parent(path, out Folder parent, out string name);
        return error != 0 ? error : parent.Children.TryAdd(name, new Symlink(target)) ? 0 : PosixErrno.EEXIST;
    }

    public int Write(string path, int offset, byte[] data, bool truncate)
    {
        int error = Existing(path, out Node? node);
        if (error != 0)
        {
            return error;
        }

        if (node is not Plain file)
        {
            return node is Folder ? PosixErrno.EISDIR : PosixErrno.ELOOP;
        }

        if (file.IsBlock)
        {
            return PosixErrno.EPERM;
        }

        if (truncate)
        {
            file.Content.Clear();
        }

        Resize(file, Math.Max(file.Content.Count, offset + data.Length));
        for (int i = 0; i < data.Length; i++)
        {
            file.Content[offset + i] = data[i];
        }

        return 0;
    }

    public int Truncate(string path, int length)
    {
        int error = Existing(path, out Node? node);
        if (error == 0 && node is Plain file && !file.IsBlock)
        {
            Resize(file, length);
        }

        return error != 0 ? error : node is Folder ? PosixErrno.EISDIR : node is Symlink ? PosixErrno.ELOOP : (
            (Plain)node!).IsBlock ? PosixErrno.EPERM : 0;
    }

    public int RemoveFile(string path)
    {
        int error = Parent(path, out Folder parent, out string name);
        if (error != 0)
        {
            return error;
        }

        if (!parent.Children.TryGetValue(name, out Node? node))
        {
            return PosixErrno.ENOENT;
        }

        if (node is Folder or Plain { IsBlock: true })
        {
            return node is Folder ? PosixErrno.EISDIR : PosixErrno.EPERM;
        }

        parent.Children.Remove(name);
        return 0;
    }

    public int RemoveFolder(string path)
    {
        int error = Parent(path, out Folder parent, out string name);
        if (error != 0)
        {
            return error;
        }

        if (!parent.Children.TryGetValue(name, out Node? node))
        {
            return PosixErrno.ENOENT;
        }

        if (node is not Folder folder)
        {
            return PosixErrno.ENOTDIR;
        }

        if (folder.Children.Count > 0)
        {
            return PosixErrno.ENOTEMPTY;
        }

        parent.Children.Remove(name);
        return 0;
    }

    public int Link(string from, string to)
    {
        int error = Parent(from, out Folder fromParent, out string fromName);
        error = error != 0 ? error : Parent(to, out _, out _);
        if (error != 0)
        {
            return error;
        }

        Parent(to, out Folder toParent, out string toName);
        if (!fromParent.Children.TryGetValue(fromName, out Node? node))
        {
            return PosixErrno.ENOENT;
        }

        if (node is Folder)
        {
            return PosixErrno.EPERM;
        }

        if (toParent.Children.ContainsKey(toName))
        {
            return PosixErrno.EEXIST;
        }

        if (node is Plain { IsBlock: true })
        {
            return PosixErrno.EPERM;
        }

        toParent.Children[toName] = node;
        return 0;
    }

    public int Rename(string from, string to, uint flags)
    {
        if (to.StartsWith(from + "/", StringComparison.Ordinal))
        {
            return PosixErrno.EINVAL;
        }

        int error = Parent(from, out Folder fromParent, out string fromName);
        error = error != 0 ? error : Parent(to, out _, out _);
        if (error != 0)
        {
            return error;
        }

        Parent(to, out Folder toParent, out string toName);
        Node? source = fromParent.Children.GetValueOrDefault(fromName);
        Node? target = toParent.Children.GetValueOrDefault(toName);
        if (from == to)
        {
            return source is null ? PosixErrno.ENOENT : flags == 1 ? PosixErrno.EEXIST : 0;
        }

        if (source is null || (flags == 2 && target is null))
        {
            return PosixErrno.ENOENT;
        }

        if (!CanMove(source, out error) || (flags == 2 && !CanMove(target!, out error)))
        {
            return error;
        }

        if (flags == 2)
        {
            if (from.StartsWith(to + "/", StringComparison.Ordinal))
            {
                return PosixErrno.EINVAL;
            }

            (fromParent.Children[fromName], toParent.Children[toName]) = (target!, source);
            return 0;
        }

        if (target is not null)
        {
            if (flags == 1)
            {
                return PosixErrno.EEXIST;
            }

            if (source is Folder != target is Folder)
            {
                return source is Folder ? PosixErrno.ENOTDIR : PosixErrno.EISDIR;
            }

            if (target is Folder { Children.Count: > 0 })
            {
                return PosixErrno.ENOTEMPTY;
            }

            if (target is Plain { IsBlock: true })
            {
                return PosixErrno.EPERM;
            }

            if (ReferenceEquals(source, target))
            {
                return 0; // two names of one file: rename(2) does nothing
            }
        }

        fromParent.Children.Remove(fromName);
        toParent.Children[toName] = source;
        return 0;
    }

    private static bool CanMove(Node node, out int error)
    {
        error = node is Folder { IsLower: true } ? PosixErrno.EXDEV : node is Plain { IsBlock: true } ? PosixErrno.EPERM : 0;
        return error == 0;
    }

    private static void Resize(Plain file, int length)
    {
        if (file.Content.Count > length)
        {
            file.Content.RemoveRange(length, file.Content.Count - length);
        }

        file.Content.AddRange(new byte[length - file.Content.Count]);
    }

    private int Existing(string path, out Node? node)
    {
        int error = Walk(path, out node);
        return error != 0 ? error : node is null ? PosixErrno.ENOENT : 0;
    }

    private int Walk(string path, out Node? node)
    {
        node = Top;
        if (path.Length == 0)
        {
            return 0;
        }

        int error = Parent(path, out Folder parent, out string name);
        node = error == 0 ? parent.Children.GetValueOrDefault(name) : null;
        return error;
    }

    private int Parent(string path, out Folder parent, out string name)
    {
        parent = Top;
        string[] names = path.Split('/');
        name = names[^1];
        foreach (string step in names[..^1])
        {
            if (!parent.Children.TryGetValue(step, out Node? next))
            {
                return PosixErrno.ENOENT;
            }

            if (next is not Folder folder)
            {
                return PosixErrno.ENOTDIR;
            }

            parent = folder;
        }

        return 0;
    }

    internal abstract class Node;

    internal sealed class Plain : Node
    {
        public List<byte> Content { get; init; } = [];
        public bool IsBlock { get; init; }
    }

    internal sealed class Symlink(string target) : Node
    {
        public string Target { get; } = target;
    }

    internal sealed class Folder : Node
    {
        public SortedDictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);
        public bool IsLower { get; init; }
    }
}

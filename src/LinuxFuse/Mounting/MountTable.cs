using System.Runtime.InteropServices;
using System.Text;
using LinuxFuse.Interop;

namespace LinuxFuse.Mounting;

/// <summary>What /proc/self/mountinfo says of a directory. Reading it asks no file system anything, so it works with dead and hung ones.</summary>
/// <param name="Path">The mount point.</param>
/// <param name="Device">MAJOR:MINOR.</param>
/// <param name="Type">Like <c>fuse.hello</c>.</param>
internal sealed record MountTable(string Path, string Device, string Type)
{
    private const int DeviceField = 2;
    private const int PathField = 4;
    private const int FieldsBeforeOptional = 6;

    public bool IsFuse => Type is "fuse" or "fuseblk" || Type.StartsWith("fuse.", StringComparison.Ordinal);

    /// <summary>The topmost mount at this path, or null.</summary>
    public static MountTable? Find(string path) => At(Resolve(path));

    /// <summary>
    /// The same without a look at the path itself, which has been resolved before: once the mount has gone from an automount point, a look there
    /// would ask for the next one, or wait for it.
    /// </summary>
    public static MountTable? At(string target)
    {
        MountTable? found = null;
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            if (Parse(line) is { } mount && mount.Path == target)
                found = mount;
        }

        return found;
    }

    /// <summary>Absolute and without symbolic links, as far as that can be found out.</summary>
    public static unsafe string Resolve(string path)
    {
        byte* resolved = Libc.RealPath(path, null);
        if (resolved is null)
            return System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        string result = Marshal.PtrToStringUTF8((nint)resolved)!;
        NativeMemory.Free(resolved);
        return result;
    }

    /// <summary>A line: id, parent, device, root, path, options, any number of optional fields, "-", type, source, options.</summary>
    public static MountTable? Parse(string line)
    {
        string[] fields = line.Split(' ');
        int separator = Array.IndexOf(fields, "-", Math.Min(FieldsBeforeOptional, fields.Length));
        return separator < 0 || separator + 1 >= fields.Length
            ? null
            : new MountTable(Unescape(fields[PathField]), fields[DeviceField], fields[separator + 1]);
    }

    /// <summary>Blank, tab, newline and backslash appear as three octal digits.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        StringBuilder result = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && text.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0)
            {
                result.Append((char)((text[i + 1] - '0') * 64 + ((text[i + 2] - '0') * 8) + (text[i + 3] - '0')));
                i += 3;
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }
}

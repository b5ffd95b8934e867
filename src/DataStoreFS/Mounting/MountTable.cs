using System.Text;

namespace DataStoreFS.Mounting;

/// <summary>This process's mount table, read without touching any of the mounts.</summary>
internal static class MountTable
{
    /// <summary>The type of what is mounted last at that canonical path, like <c>fuse.datastorefs</c>; null if nothing is.</summary>
    public static string? TypeAt(string path)
    {
        string? type = null;
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            // proc(5): 36 35 98:0 /root /mount/point options [optional fields] - type source super-options
            string[] fields = line.Split(' ');
            int separator = Array.IndexOf(fields, "-");
            if (separator > 4 && separator + 1 < fields.Length && Unescape(fields[4]) == path)
            {
                type = fields[separator + 1];
            }
        }

        return type;
    }

    /// <summary>Blank, tab, newline and backslash are written as three octal digits.</summary>
    internal static string Unescape(string field)
    {
        if (!field.Contains('\\'))
        {
            return field;
        }

        List<byte> bytes = [];
        byte[] raw = Encoding.UTF8.GetBytes(field);
        for (int i = 0; i < raw.Length; i++)
        {
            bool escape = raw[i] == '\\' && i + 3 < raw.Length;
            bytes.Add(escape ? (byte)(((raw[i + 1] - '0') << 6) | ((raw[i + 2] - '0') << 3) | (raw[i + 3] - '0')) : raw[i]);
            i += escape ? 3 : 0;
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}

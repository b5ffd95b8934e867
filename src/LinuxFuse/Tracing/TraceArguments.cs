using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using LinuxFuse.Protocol;

namespace LinuxFuse.Tracing;

/// <summary>The part of a trace line that depends on the opcode. Takes any bytes: a trace is for when things are wrong.</summary>
internal static class TraceArguments
{
    private const int LongestName = 255;

    public static string Describe(in InHeader header, ReadOnlySpan<byte> body)
    {
        switch ((FuseOpcode)header.Opcode)
        {
            case FuseOpcode.Lookup or FuseOpcode.Unlink or FuseOpcode.Rmdir or FuseOpcode.Symlink or FuseOpcode.RemoveXAttr:
                return Name(body, 0);
            case FuseOpcode.Mknod or FuseOpcode.Create:
                return Name(body, 16);
            case FuseOpcode.Mkdir or FuseOpcode.Link or FuseOpcode.Rename or FuseOpcode.SetXAttr or FuseOpcode.GetXAttr:
                return Name(body, 8);
            case FuseOpcode.Rename2:
                return Name(body, 16);
            case FuseOpcode.Read or FuseOpcode.ReadDir or FuseOpcode.ReadDirPlus or FuseOpcode.Write
                when MemoryMarshal.TryRead(body, out ReadIn range):
                return Format($" h{range.Handle} off={range.Offset} size={range.Size}");
            case FuseOpcode.Flush or FuseOpcode.Release or FuseOpcode.ReleaseDir or FuseOpcode.Fsync or FuseOpcode.FsyncDir
                when MemoryMarshal.TryRead(body, out FsyncIn file):
                return Format($" h{file.Handle}");
            case FuseOpcode.Open or FuseOpcode.OpenDir when MemoryMarshal.TryRead(body, out OpenIn open):
                return Format($" flags=0x{open.Flags:x}");
            case FuseOpcode.SetAttr when MemoryMarshal.TryRead(body, out SetAttrIn attributes):
                return Format($" valid=0x{attributes.Valid:x} size={attributes.Size}");
            case FuseOpcode.Forget when MemoryMarshal.TryRead(body, out ForgetIn forget):
                return Format($" lookups={forget.Lookups}");
            case FuseOpcode.BatchForget when MemoryMarshal.TryRead(body, out BatchForgetIn batch):
                return Format($" count={batch.Count}");
            case FuseOpcode.Interrupt when MemoryMarshal.TryRead(body, out InterruptIn interrupt):
                return Format($" of={interrupt.Unique}");
            case FuseOpcode.Init when MemoryMarshal.TryRead(body, out InitIn init):
                return Format($" {init.Major}.{init.Minor} flags=0x{init.Flags:x} flags2=0x{init.Flags2:x}");
            default:
                return "";
        }
    }

    private static string Format(FormattableString text) => FormattableString.Invariant(text);

    private static string Name(ReadOnlySpan<byte> body, int start)
    {
        if (start >= body.Length)
            return "";
        ReadOnlySpan<byte> rest = body[start..];
        int end = rest.IndexOf((byte)0);
        rest = rest[..Math.Min(end < 0 ? rest.Length : end, LongestName)];
        StringBuilder text = new(" \"");
        foreach (byte value in rest)
        {
            // Quotes and whatever is not plain ASCII are written as \xNN, so that a line is a line and a blank ends a field only outside quotes.
            if (value is < 0x20 or >= 0x7f or (byte)'"' or (byte)'\\')
                text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
            else
                text.Append((char)value);
        }

        return text.Append('"').ToString();
    }
}

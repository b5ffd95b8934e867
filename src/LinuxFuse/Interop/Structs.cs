using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LinuxFuse.Interop;

/// <summary><c>struct iovec</c>.</summary>
internal unsafe struct IoVector
{
    public void* Base;
    public nuint Length;
}

/// <summary><c>struct sigaction</c> of 64-bit glibc and musl: handler, 128-byte mask, flags, restorer.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SignalHandler
{
    public nint Handler;
    public SignalMask Mask;
    public int Flags;
    public nint Restorer;
}

[InlineArray(16)]
internal struct SignalMask
{
    private ulong _first;
}

/// <summary><c>struct msghdr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public void* Name;
    public uint NameLength;
    public IoVector* Vectors;
    public nuint VectorCount;
    public void* Control;
    public nuint ControlLength;
    public int Flags;
}

/// <summary><c>struct cmsghdr</c> with one descriptor behind it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DescriptorMessage
{
    public nuint Length;
    public int Level;
    public int Type;
    public int Descriptor;
    public int Padding;
}

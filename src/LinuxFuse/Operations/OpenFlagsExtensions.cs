using System.Runtime.InteropServices;

namespace LinuxFuse;

/// <summary>Questions to <see cref="OpenFlags"/>.</summary>
public static class OpenFlagsExtensions
{
    // asm/fcntl.h: the one flag used here whose number depends on the processor.
    private static readonly uint s_direct = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000u : 0x4000u;

    extension(OpenFlags flags)
    {
        public bool CanRead => (flags & OpenFlags.AccessMask) != OpenFlags.WriteOnly;

        public bool CanWrite => (flags & OpenFlags.AccessMask) is OpenFlags.WriteOnly or OpenFlags.ReadWrite;

        /// <summary>O_DIRECT.</summary>
        public bool IsDirect => ((uint)flags & s_direct) != 0;
    }
}

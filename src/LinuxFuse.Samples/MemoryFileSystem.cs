namespace LinuxFuse.Samples;

public sealed class MemoryFileSystem : FuseFileSystem;

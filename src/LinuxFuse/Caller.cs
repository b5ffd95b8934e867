namespace LinuxFuse;

/// <summary>Who asks, in the ids of the daemon's namespaces.</summary>
/// <param name="Uid">File system user id of the calling thread.</param>
/// <param name="Gid">File system group id of the calling thread.</param>
/// <param name="Pid">Id of the calling *thread*; 0 where the kernel asks for itself or the id has no meaning here.</param>
public readonly record struct Caller(uint Uid, uint Gid, int Pid);

namespace LinuxFuse.Session;

internal sealed class RequestPool;

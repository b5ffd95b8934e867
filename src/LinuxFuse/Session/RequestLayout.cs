namespace LinuxFuse.Session;

internal static class RequestLayout;

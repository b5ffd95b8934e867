namespace LinuxFuse.Session;

internal sealed class RequestCompletion
{
    public RequestCompletion(FuseRequest request) => _ = request;
}

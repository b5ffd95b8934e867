namespace LinuxFuse.Session;

internal sealed class RequestInterrupt
{
    public RequestInterrupt(FuseRequest request) => _ = request;

    public CancellationToken Token => default;
}

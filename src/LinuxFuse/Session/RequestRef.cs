namespace LinuxFuse.Session;

/// <summary>
/// What an op holds: a pooled request and which of its lives is meant, so that an op used too late throws instead of touching another request.
/// </summary>
internal readonly struct RequestRef
{
    private readonly FuseRequest? _request;
    private readonly int _version;

    public RequestRef(FuseRequest request)
    {
        _request = request;
        _version = request.Version;
    }

    /// <exception cref="InvalidOperationException">The handler's task has completed.</exception>
    public FuseRequest Value
    {
        get
        {
            if (_request is not { } request || request.Version != _version)
                ThrowCompleted();
            return request;

            [System.Diagnostics.CodeAnalysis.DoesNotReturn]
            static void ThrowCompleted() =>
                throw new InvalidOperationException("the request is completed: an op must not be used after its handler's task");
        }
    }
}

namespace DataStoreFS.Remote;

/// <summary>What the calls of one client share.</summary>
internal sealed record ServerContext(string Server, HttpTransport Transport, RequestLineLimit LineLimit, StartCall Start)
{
    public CutBodies CutBodies { get; } = new();
}

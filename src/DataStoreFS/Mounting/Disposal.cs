namespace DataStoreFS.Mounting;

/// <summary>A part that ends without waiting, among those that may have to wait.</summary>
internal sealed class Disposal(IDisposable part) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        part.Dispose();
        return ValueTask.CompletedTask;
    }
}

namespace DataStoreFS.Remote;

/// <summary>
/// The base address of one (dataset, version, resolution). It begins as the shared server's; a redirect or a start call moves it to a dedicated
/// server's, and when that is gone it begins anew.
/// </summary>
/// <remarks>
/// A dedicated server is a process that the start call spawns, so many requests that find it missing must make one call, not one each: they
/// take turns at <see cref="EstablishAsync"/> and all but the first find its result.
/// </remarks>
internal sealed class LevelSession : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly string _direct;
    private volatile string _base;

    /// <param name="direct">The shared server's address of the level.</param>
    public LevelSession(string direct)
    {
        _direct = direct;
        _base = direct;
    }

    /// <summary>Absolute, with a trailing slash; block addresses are appended.</summary>
    public string Base => _base;

    public bool IsDirect => ReferenceEquals(_base, _direct);

    /// <summary>The server itself says where the level is.</summary>
    public void MoveTo(string levelBase) => _base = levelBase == _direct ? _direct : levelBase;

    /// <summary>Back to the shared server, unless somebody else has moved on from <paramref name="failed"/> already.</summary>
    public void Leave(string failed)
    {
        if (string.Equals(_base, failed, StringComparison.Ordinal))
        {
            _base = _direct;
        }
    }

    /// <summary>Finds the level by a start call, once for all who found <paramref name="failed"/> wanting.</summary>
    /// <param name="failed">The base that did not work.</param>
    /// <param name="start">Gives the new base; null when the server does not redirect elsewhere.</param>
    /// <param name="cancellationToken">Frees this caller only.</param>
    /// <returns>Whether there is another base to try.</returns>
    public async ValueTask<bool> EstablishAsync(string failed, Func<CancellationToken, Task<string?>> start, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!string.Equals(_base, failed, StringComparison.Ordinal))
            {
                return true;
            }

            string? found = await start(cancellationToken).ConfigureAwait(false);
            if (found is null || found == failed)
            {
                return false;
            }

            MoveTo(found);
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}

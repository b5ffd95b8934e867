using Microsoft.AspNetCore.Http;

namespace DataStoreFS.Server;

/// <summary>Failures on purpose, for tests of clients. Deterministic: what fails is chosen by count or by a script, never by chance.</summary>
/// <remarks>Thread-safe. The script runs outside the lock.</remarks>
public sealed class Faults
{
    private readonly Lock _gate = new();
    private readonly List<Planned> _planned = [];
    private Func<HttpContext, FaultAction?>? _script;

    /// <summary>Asked for every request that no planned failure has taken; null lets it pass.</summary>
    public Func<HttpContext, FaultAction?>? Script
    {
        get => Volatile.Read(ref _script);
        set => Volatile.Write(ref _script, value);
    }

    /// <summary>Fails one request.</summary>
    /// <param name="action">How.</param>
    /// <param name="after">How many requests pass before, counted from now.</param>
    /// <param name="path">Only requests whose path contains this are counted and failed.</param>
    public void Next(FaultAction action, int after = 0, string? path = null)
    {
        lock (_gate)
        {
            _planned.Add(new Planned(action, after, path));
        }
    }

    /// <summary>Nothing fails any more; what stalls already goes on stalling until its gate opens.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _planned.Clear();
        }

        Script = null;
    }

    internal FaultAction? For(HttpContext http)
    {
        FaultAction? planned = null;
        lock (_gate)
        {
            for (int i = 0; i < _planned.Count && planned is null; i++)
            {
                Planned candidate = _planned[i];
                if (candidate.Path is not null && http.Request.Path.Value?.Contains(candidate.Path, StringComparison.Ordinal) != true)
                {
                    continue;
                }

                if (candidate.After > 0)
                {
                    _planned[i] = candidate with { After = candidate.After - 1 };
                    continue;
                }

                planned = candidate.Action;
                _planned.RemoveAt(i);
            }
        }

        return planned ?? Script?.Invoke(http);
    }

    private sealed record Planned(FaultAction Action, int After, string? Path);
}

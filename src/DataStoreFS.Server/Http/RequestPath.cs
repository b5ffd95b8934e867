using System.Globalization;
using System.Runtime.CompilerServices;

namespace DataStoreFS.Server.Http;

/// <summary>
/// The segments of a request's raw target. Parsed once, without allocation, into a reusable object; only the first segments are kept apart,
/// since all that can be longer (blocks, version lists) is scanned as one text.
/// </summary>
internal sealed class RequestPath
{
    private const int Kept = 16;
    private Offsets _starts;
    private Offsets _ends;
    private int _lastStart;
    private int _lastEnd;

    /// <summary>The target as it came, with query.</summary>
    public string Target { get; private set; } = "/";

    /// <summary>Non-empty segments; trailing slashes do not count.</summary>
    public int Count { get; private set; }

    /// <summary>The part before the query.</summary>
    public ReadOnlySpan<char> Path => Target.AsSpan(0, PathLength);

    /// <summary>The part after <c>?</c>, or nothing.</summary>
    public ReadOnlySpan<char> Query => PathLength < Target.Length ? Target.AsSpan(PathLength + 1) : default;

    /// <summary>An empty segment in the middle: no template of the protocol matches such a path.</summary>
    public bool HasHoles { get; private set; }

    private int PathLength { get; set; }

    /// <summary>The segment's text as it came, percent signs included.</summary>
    public ReadOnlySpan<char> this[int index] => Target.AsSpan(_starts[index], _ends[index] - _starts[index]);

    public ReadOnlySpan<char> Last => Target.AsSpan(_lastStart, _lastEnd - _lastStart);

    public void Parse(string target)
    {
        Target = WithoutAuthority(target);
        int query = Target.IndexOf('?', StringComparison.Ordinal);
        PathLength = query < 0 ? Target.Length : query;
        Count = 0;
        HasHoles = false;
        int at = 0;
        bool emptySeen = false;
        while (at < PathLength)
        {
            int end = Target.AsSpan(at, PathLength - at).IndexOf('/');
            end = end < 0 ? PathLength : at + end;
            if (end > at)
            {
                HasHoles |= emptySeen;
                Add(at, end);
            }
            else if (at > 0)
            {
                emptySeen = true;
            }

            at = end + 1;
        }
    }

    /// <summary>Of the absolute form, which every server has to take (RFC 9112, 3.2.2), what other requests consist of.</summary>
    private static string WithoutAuthority(string target)
    {
        int authority = target.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? "http://".Length
            : target.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? "https://".Length
            : 0;
        int path = authority == 0 ? 0 : target.AsSpan(authority).IndexOfAny('/', '?') is var at and >= 0 ? authority + at : target.Length;
        string rest = target[path..];
        return rest.StartsWith('/') ? rest : "/" + rest;
    }

    /// <summary>A segment with its percent escapes undone.</summary>
    public string Text(int index)
    {
        ReadOnlySpan<char> raw = this[index];
        return raw.Contains('%') ? Uri.UnescapeDataString(raw) : raw.ToString();
    }

    /// <summary>Everything from the segment on, to the end of the path.</summary>
    public ReadOnlySpan<char> From(int index) => Target.AsSpan(_starts[index], PathLength - _starts[index]);

    /// <summary>Everything behind the segment, to the end of the path.</summary>
    public ReadOnlySpan<char> After(int index) => Target.AsSpan(_ends[index], PathLength - _ends[index]);

    /// <summary>An int path parameter; what is none is the original's 404.</summary>
    public int Int(int index, string name) =>
        int.TryParse(this[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw NoParameter(index, name);

    /// <summary>A long path parameter.</summary>
    public long Long(int index, string name) =>
        long.TryParse(this[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw NoParameter(index, name);

    /// <summary>A query parameter's text, or null.</summary>
    public string? QueryValue(string name)
    {
        foreach (Range part in Query.Split('&'))
        {
            ReadOnlySpan<char> pair = Query[part];
            int equals = pair.IndexOf('=');
            if ((equals < 0 ? pair : pair[..equals]).SequenceEqual(name))
            {
                return equals < 0 ? string.Empty : Uri.UnescapeDataString(pair[(equals + 1)..].ToString().Replace('+', ' '));
            }
        }

        return null;
    }

    private Refusal NoParameter(int index, string name) => new(
        404, $"RESTEASY003870: Unable to extract parameter from http request: javax.ws.rs.PathParam(\"{name}\") value is '{Text(index)}'");

    private void Add(int start, int end)
    {
        if (Count < Kept)
        {
            _starts[Count] = start;
            _ends[Count] = end;
        }

        _lastStart = start;
        _lastEnd = end;
        Count++;
    }

    [InlineArray(Kept)]
    private struct Offsets
    {
        private int _first;
    }
}

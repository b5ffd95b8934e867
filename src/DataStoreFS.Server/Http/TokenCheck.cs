using System.Security.Cryptography;
using System.Text;

namespace DataStoreFS.Server.Http;

/// <summary>The bearer tokens, with the original's answers to those that are missing, wrong, or not enough.</summary>
internal sealed class TokenCheck
{
    private const string Scheme = "Bearer ";
    private readonly byte[]? _token;
    private readonly byte[]? _readToken;

    public TokenCheck(DataStoreServerOptions options)
    {
        _token = options.Token is null ? null : Encoding.UTF8.GetBytes(options.Token);
        _readToken = options.ReadToken is null ? null : Encoding.UTF8.GetBytes(options.ReadToken);
    }

    public bool Enabled => _token is not null || _readToken is not null;

    /// <param name="exchange">The request.</param>
    /// <param name="open">The endpoint is open to anonymous users; a token that is sent must be right all the same.</param>
    /// <param name="writes">The endpoint changes data.</param>
    /// <returns>Null when the request may go on.</returns>
    public Refusal? Check(Exchange exchange, bool open, bool writes)
    {
        // The scheme's case matters to the original.
        string header = exchange.Http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return open ? null : new Refusal(403, "Anonymous user cannot access this resource");
        }

        byte[] sent = Encoding.UTF8.GetBytes(header[Scheme.Length..]);
        if (Same(sent, _token))
        {
            return null;
        }

        return !Same(sent, _readToken) ? new Refusal(401, $"401: \"{header[Scheme.Length..]}\" is not a valid token.")
            : writes ? new Refusal(403, "User id=reader is not authorized")
            : null;
    }

    private static bool Same(byte[] sent, byte[]? expected) => expected is not null && CryptographicOperations.FixedTimeEquals(sent, expected);
}

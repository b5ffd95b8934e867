using System.Text;
using DataStoreFS.Model;

namespace DataStoreFS.Remote;

/// <summary>
/// A secret that opens the server. It has no readable text form, so that it cannot slip into a log line, a message or a debugger's tooltip;
/// <see cref="HttpTransport"/> alone sees it.
/// </summary>
public sealed class AccessToken
{
    private const int MaxBytes = 16 << 10;

    private AccessToken(string secret) => Secret = secret;

    internal string Secret { get; }

    /// <summary>Reads a token from a file: one line, visible ASCII.</summary>
    /// <exception cref="DataStoreException">Usage: the file cannot be read or holds no token. The message never shows the content.</exception>
    public static AccessToken FromFile(string path)
    {
        byte[] bytes;
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            bytes = new byte[MaxBytes + 1];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            bytes = bytes[..length];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string why = Directory.Exists(path) ? "it is a folder" : e.Message;
            throw new DataStoreException(
                DataStoreErrorKind.Usage, $"cannot read the token file {path}: {why}; name a file whose first line is the token", e);
        }

        return Parse(Encoding.Latin1.GetString(bytes), $"the token file {path}");
    }

    /// <summary>Takes a token that is already in memory.</summary>
    /// <exception cref="DataStoreException">Usage: it is no token.</exception>
    public static AccessToken FromText(string text) => Parse(text, "the token");

    /// <summary>Replaces the secret where it occurs: servers repeat a wrong token in their answer.</summary>
    internal string Redact(string text) => text.Replace(Secret, "***", StringComparison.Ordinal);

    /// <summary>Never the secret.</summary>
    public override string ToString() => "***";

    private static AccessToken Parse(string text, string source)
    {
        string secret = text.Trim();
        if (secret.Length is 0 or > MaxBytes || secret.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, $"{source} does not hold a token: expected one line of visible ASCII characters");
        }

        return new AccessToken(secret);
    }
}

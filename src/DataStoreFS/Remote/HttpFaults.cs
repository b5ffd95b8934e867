using System.Net;
using System.Net.Sockets;
using DataStoreFS.Model;
using Flurl.Http;

namespace DataStoreFS.Remote;

/// <summary>The one table from HTTP to <see cref="DataStoreErrorKind"/>, and which faults a repetition may cure.</summary>
internal static class HttpFaults
{
    /// <param name="request">What was asked, as a person would say it: method and address, without secrets.</param>
    /// <param name="status">Not a success.</param>
    /// <param name="text">What the server said, already made printable; may be empty.</param>
    public static Attempt FromStatus(string request, HttpStatusCode status, string text)
    {
        string answer = text.Length == 0 ? $"{request} answered {(int)status}" : $"{request} answered {(int)status}: {text}";
        return (int)status switch
        {
            401 or 403 => Attempt.Failed(DataStoreErrorKind.Unauthorized, answer + " (no token, or one that is wrong or has expired)"),
            404 => Attempt.Failed(DataStoreErrorKind.NotFound, answer),
            408 or 504 => Attempt.Silence(DataStoreErrorKind.Timeout, answer, again: true),
            429 or 502 or 503 => Attempt.Silence(DataStoreErrorKind.Unreachable, answer, again: true),

            // Empty: a block file that is being created or written at this moment (N5 readers see 0 bytes until the writer has its lock).
            // With a text it is an exception that would come again.
            500 when text.Length == 0 => Attempt.Transient(DataStoreErrorKind.Unreachable, answer),
            >= 500 => Attempt.Failed(DataStoreErrorKind.Unreachable, answer),
            >= 400 => Attempt.Failed(DataStoreErrorKind.Refused, answer),
            _ => Attempt.Failed(DataStoreErrorKind.Protocol, answer + ", which this protocol does not have"),
        };
    }

    /// <summary>
    /// Whether this is the null pointer of a voxel type that the original does not find (Java from 14 on; before, it says nothing). See
    /// <see cref="BlockRequest.FailsWhenMissing"/>.
    /// </summary>
    public static bool IsUnknownVoxelType(HttpStatusCode status, string text) =>
        status == HttpStatusCode.InternalServerError && text.Contains("Integer.intValue()", StringComparison.Ordinal);

    /// <summary>Whether <paramref name="exception"/> is a fault of the network or the peer rather than of this program.</summary>
    public static bool IsNetwork(Exception exception) =>
        exception is FlurlHttpException or HttpRequestException or IOException or SocketException or OperationCanceledException;

    /// <summary>From an exception of the HTTP stack. A cancellation that the caller asked for is thrown on as such.</summary>
    public static Attempt FromException(string request, Exception exception, ProgressTimeout progress)
    {
        progress.Caller.ThrowIfCancellationRequested();
        Exception cause = exception is FlurlHttpException { InnerException: { } inner } ? inner : exception;
        if (progress.Expired)
        {
            return Attempt.Silence(
                DataStoreErrorKind.Timeout, $"{request}: no progress for {progress.Limit.TotalSeconds:0.###} s", again: false, cause);
        }

        if (cause is OperationCanceledException)
        {
            return Attempt.Silence(DataStoreErrorKind.Timeout, $"{request}: the connection could not be made in time", again: true, cause);
        }

        string reason = ServerText.FirstLine(cause.GetBaseException().Message);
        if (cause is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
        {
            // A certificate that is not trusted is named as such; anything else is mostly a server that speaks another language than TLS.
            string next = reason.Contains("certificate", StringComparison.OrdinalIgnoreCase)
                ? "this machine must trust the server's certificate, and it must be for this host name"
                : "does the server speak https at this port? If not, write http://";
            return Attempt.Silence(
                DataStoreErrorKind.Unreachable, $"{request}: no secure connection: {reason.TrimEnd('.')}; {next}", again: false, cause);
        }

        if (cause is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded })
        {
            return Attempt.Failed(DataStoreErrorKind.Protocol, $"{request}: the answer is not HTTP: {reason}", cause);
        }

        // getaddrinfo(3) says "Name or service not known" and "Resource temporarily unavailable", which names neither the host nor DNS.
        if (cause.GetBaseException() is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData })
        {
            reason = $"the host's name has no address ({reason}); is it spelt right, and does this machine resolve names?";
        }

        return Attempt.Silence(DataStoreErrorKind.Unreachable, $"{request}: {reason}", again: true, cause);
    }
}

namespace DataStoreFS.Server.Http;

/// <summary>
/// A request that ends with a status other than success. Thrown from wherever that is found out and turned into the answer in one place,
/// <see cref="ServerApplication"/>, as the original's exception mappers do.
/// </summary>
internal sealed class Refusal : Exception
{
    public Refusal(int status, string text = "", string? contentType = null, Exception? inner = null)
        : base(text, inner)
    {
        Status = status;
        ContentType = contentType;
    }

    public int Status { get; }

    /// <summary>Null: negotiated by the Accept header, as the original does for texts without a declared type.</summary>
    public string? ContentType { get; }

    /// <summary>What an exception of Java's <c>Integer.parseInt</c> is turned into.</summary>
    public static Refusal NotANumber(string text) => new(400, $"For input string: \"{text}\"");

    public static Refusal UnknownDataset(string uuid) => new(404, $"Dataset with UUID = {uuid} not found ");

    public static Refusal UnknownVersion(string uuid, string version) => new(404, $"Dataset with UUID = {uuid} has no version {version}");

    /// <summary>The container's answer when the dataset's own files cannot be read.</summary>
    public static Refusal Internal(Exception? inner = null) => new(500, "HTTP 500 Internal Server Error", null, inner);

    /// <summary>
    /// What the original's null pointer exception looks like on a Java from 14 on: an unknown timepoint or resolution. Older Javas send no text.
    /// </summary>
    public static Refusal NullPointer() => new(
        500,
        "Cannot invoke \"java.lang.Integer.intValue()\" because the return value of \"java.util.Map.get(Object)\" is null",
        "text/plain;charset=utf-8");

    /// <summary>A block that cannot be read: no text, as the original. The reason is for the server's log.</summary>
    public static Refusal BrokenBlock(string reason, Exception? inner = null) =>
        new(500, string.Empty, "text/plain;charset=utf-8", new InvalidDataException(reason, inner));

    /// <summary>An exception that the original does not map: its container's error page.</summary>
    public static Refusal ErrorPage(Exception? inner = null) => new(
        500,
        "<!doctype html><html><head><title>Internal Server Error</title></head><body><h1>Internal Server Error</h1><p>Error id "
            + $"{Guid.NewGuid()}-1</p></body></html>",
        "text/html;charset=utf-8",
        inner);
}

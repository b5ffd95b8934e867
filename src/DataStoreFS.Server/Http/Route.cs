namespace DataStoreFS.Server.Http;

/// <summary>What runs for a request, and what a token must allow for it.</summary>
/// <param name="Handler">Writes the answer, or throws a <see cref="Refusal"/>.</param>
/// <param name="Open">Anonymous users may use it even when tokens are required.</param>
/// <param name="Writes">It changes data.</param>
internal sealed record Route(Func<Exchange, Task> Handler, bool Open = false, bool Writes = false);

using DataStoreFS.Server;

namespace Integration.Server;

/// <summary>Bearer tokens, with the original's statuses and texts.</summary>
public sealed class TokenTests
{
    [Theory]
    [InlineData("GET", "/datasets/$", null, 403, "Anonymous user cannot access this resource")]
    [InlineData("GET", "/datasets/$", "bearer secret", 403, "Anonymous user cannot access this resource")]
    [InlineData("GET", "/datasets/$", "Basic secret", 403, "Anonymous user cannot access this resource")]
    [InlineData("GET", "/datasets/$", "Bearer wrong", 401, "401: \"wrong\" is not a valid token.")]
    [InlineData("GET", "/datasets/$/0", "Bearer wrong", 401, "401: \"wrong\" is not a valid token.")]
    [InlineData("GET", "/datasets/$", "Bearer secret", 200, null)]
    [InlineData("GET", "/datasets/$", "Bearer look", 200, null)]
    [InlineData("GET", "/datasets/$/0", null, 200, null)]
    [InlineData("GET", "/datasets/$/json", null, 200, null)]
    [InlineData("GET", "/bdv/$/0", null, 200, null)]
    [InlineData("GET", "/datasets/$/1/1/1/0/0/0/0/0/0/0", null, 403, "Anonymous user cannot access this resource")]
    [InlineData("GET", "/datasets/$/1/1/1/0/0/0/0/0/0/0", "Bearer look", 200, null)]
    [InlineData("POST", "/datasets/$/1/1/1/0/0/0/0/0/0/0", "Bearer look", 403, "User id=reader is not authorized")]
    [InlineData("GET", "/datasets/$/1/1/1/new/write", "Bearer look", 403, "User id=reader is not authorized")]
    [InlineData("GET", "/datasets/$/delete", "Bearer look", 403, "User id=reader is not authorized")]
    [InlineData("GET", "/datasets/$/delete", null, 403, "Anonymous user cannot access this resource")]
    public async Task RequestNeedsItsToken(string method, string path, string? authorization, int status, string? text)
    {
        const string uuid = "fec5f7d4-fe28-4892-a5ee-b1ecb173e865";
        await using ServerFixture fixture = await ServerFixture.StartAsync(
            folder => Fixtures.Copy("server", folder),
            folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], Token = "secret", ReadToken = "look" });
        if (authorization is not null)
        {
            Assert.True(fixture.Client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization));
        }

        (int Status, string Text) answer = await fixture.Client.AskAsync(method, path.Replace("$", uuid, StringComparison.Ordinal));
        Assert.Equal(status, answer.Status);
        if (text is not null)
        {
            Assert.Equal(text, answer.Text);
        }
    }
}

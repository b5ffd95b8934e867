using DataStoreFS.Cli;
using DataStoreFS.Model;

namespace Integration.Cli;

public class AdviceTests
{
    [Theory]
    [InlineData(DataStoreErrorKind.Unreachable, "GET http://h: Connection refused", "is the server running")]
    [InlineData(DataStoreErrorKind.Unreachable, "GET http://h answered 500", "the server's own log")]
    [InlineData(DataStoreErrorKind.Unreachable, "GET http://h answered 500: NullPointerException", "the server's own log")]
    [InlineData(DataStoreErrorKind.Unreachable, "GET http://h answered 503", "not ready")]
    [InlineData(DataStoreErrorKind.Unreachable, "GET http://h answered 429", "too much to do")]
    [InlineData(DataStoreErrorKind.Timeout, "GET http://h answered 504", "gateway")]
    [InlineData(DataStoreErrorKind.Unauthorized, "GET http://h answered 403", "--token-file FILE or in DATASTOREFS_TOKEN")]
    [InlineData(DataStoreErrorKind.NotFound, "GET http://h answered 404: Dataset with UUID = u not found", "is the address right?")]
    public void TheNextStepFitsTheFault(DataStoreErrorKind kind, string message, string next)
    {
        string line = Advice.Complete(new DataStoreException(kind, message));
        Assert.StartsWith(message + "; ", line, StringComparison.Ordinal);
        Assert.Contains(next, line, StringComparison.Ordinal);
        Assert.Equal(next == "is the server running", line.Contains("is the server running", StringComparison.Ordinal));
    }

    [Fact]
    public void AMessageWithItsNextStepIsLeftAlone() => Assert.Equal(
        "x answered 500; do y", Advice.Complete(new DataStoreException(DataStoreErrorKind.Unreachable, "x answered 500; do y")));
}

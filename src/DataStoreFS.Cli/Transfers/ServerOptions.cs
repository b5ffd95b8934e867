using System.CommandLine;
using DataStoreFS.Cli.Options;
using DataStoreFS.Model;
using DataStoreFS.Remote;

namespace DataStoreFS.Cli.Transfers;

/// <summary>The options of verbs that speak to a server themselves.</summary>
internal sealed class ServerOptions
{
    private readonly Option<string> _tokenFile = new("--token-file") { Description = Tokens.Help, HelpName = "FILE" };

    private readonly Option<string> _timeout = new("--timeout")
    {
        Description = "How long one request may go without progress before it is repeated (default: 60s).",
        HelpName = "TIME",
    };

    private readonly Option<int?> _connections = new("--connections")
    {
        Description = "Requests at the same time (default: 4; the original server slows down with many).",
        HelpName = "N",
    };

    public void AddTo(Command command)
    {
        command.Add(_connections);
        command.Add(_tokenFile);
        command.Add(_timeout);
    }

    public int Connections(ParseResult parsed) => parsed.GetValue(_connections) ?? 4;

    /// <exception cref="DataStoreException">Usage.</exception>
    public RemoteOptions Remote(ParseResult parsed) => new()
    {
        Timeout = parsed.GetValue(_timeout) is string text
            ? OptionValues.Named(_timeout.Name, () => Quantities.ParseDuration(text))
            : TimeSpan.FromSeconds(60),
        Token = Tokens.Find(parsed.GetValue(_tokenFile)),
    };
}

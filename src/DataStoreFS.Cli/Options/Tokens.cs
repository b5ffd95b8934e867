using DataStoreFS.Remote;

namespace DataStoreFS.Cli.Options;

/// <summary>Where access tokens come from: a file, or the environment. Never the command line, which every user of the machine can read.</summary>
internal static class Tokens
{
    public const string Variable = "DATASTOREFS_TOKEN";
    public const string Help = "File whose first line is the access token for the server. Without it, the variable DATASTOREFS_TOKEN is used.";

    /// <exception cref="Model.DataStoreException">Usage: there is one and it is no token.</exception>
    public static AccessToken? Find(string? file)
    {
        if (file is not null)
        {
            return AccessToken.FromFile(file);
        }

        string? text = Environment.GetEnvironmentVariable(Variable);
        return string.IsNullOrEmpty(text) ? null : AccessToken.FromText(text);
    }
}

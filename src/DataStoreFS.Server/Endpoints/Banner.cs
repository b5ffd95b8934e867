using DataStoreFS.Server.Http;

namespace DataStoreFS.Server.Endpoints;

/// <summary>The pages of the server's root.</summary>
internal static class Banner
{
    private const string Html = "text/html;charset=utf-8";

    private const string Running = """
        <html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en-gb" lang="en-gb" dir="ltr">
        <head>
        <meta http-equiv="content-type" content="text/html; charset=utf-8" />
        </head>
        <body>
        <h1>HPCDataStore is running.</h1>
        <p>See more on github: <a target="_blank" href="https://github.com/fiji-hpc/hpc-datastore/">HPCDataStore</a></p></body>

        """;

    /// <summary>A liveness probe for clients.</summary>
    public static Task RootAsync(Exchange exchange) => exchange.TextAsync(200, Running, Html);

    public static Task HelloAsync(Exchange exchange) => exchange.TextAsync(200, "<h1>Hello world</h1>", Html);
}

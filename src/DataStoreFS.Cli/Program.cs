return await DataStoreFS.Cli.CommandLine.RunAsync(args).ConfigureAwait(false);

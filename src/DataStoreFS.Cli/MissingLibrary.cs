using DataStoreFS.Model;

namespace DataStoreFS.Cli;

/// <summary>What is said when the program was copied without the library that belongs beside it.</summary>
internal static class MissingLibrary
{
    public static DataStoreException Fault(DllNotFoundException e) => new(
        DataStoreErrorKind.Local,
        $"a library of this program is missing: {Name(e)}; install it with scripts/install, or copy everything of the release's folder",
        e);

    // The runtime's message goes on with advice on strace and every place that was searched.
    private static string Name(DllNotFoundException e) => e.Message.Split('\'') is [_, string name, ..] ? $"lib{name}.so" : e.Message;
}

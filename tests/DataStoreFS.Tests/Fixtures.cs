using System.Runtime.CompilerServices;

namespace DataStoreFS.Tests;

/// <summary>Files written by other implementations, in tests/Fixtures; each folder's README says where they come from.</summary>
internal static class Fixtures
{
    public static string PathOf(string name) => Path.Combine(Folder(), name);

    public static byte[] Read(string name) => File.ReadAllBytes(PathOf(name));

    public static string Text(string name) => File.ReadAllText(PathOf(name));

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../Fixtures"));
}

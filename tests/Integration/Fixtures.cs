using System.Runtime.CompilerServices;

namespace Integration;

/// <summary>Files written by other implementations, in tests/Fixtures; each folder's README says where they come from.</summary>
internal static class Fixtures
{
    public static string PathOf(string name) => Path.Combine(Folder(), name);

    public static byte[] Read(string name) => File.ReadAllBytes(PathOf(name));

    /// <summary>Copies what is in a fixture folder into another folder.</summary>
    public static void Copy(string name, string target)
    {
        string source = PathOf(name);
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../Fixtures"));
}

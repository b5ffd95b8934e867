using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Options;

/// <summary>From an option's text to its value; what cannot be is a usage <see cref="DataStoreException"/> that shows what can.</summary>
internal static class OptionValues
{
    /// <summary>A value's fault, with the option's name before it.</summary>
    public static T Named<T>(string option, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (DataStoreException fault) when (fault.Kind == DataStoreErrorKind.Usage)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, $"{option}: {fault.Message}", fault);
        }
    }

    public static T Choice<T>(string value, params ReadOnlySpan<(string Name, T Value)> choices)
    {
        foreach ((string name, T choice) in choices)
        {
            if (name == value)
            {
                return choice;
            }
        }

        throw new DataStoreException(DataStoreErrorKind.Usage, $"'{value}' is not one of {string.Join(", ", choices.ToArray().Select(c => c.Name))}");
    }

    /// <summary>The daemon leaves its working directory, so paths are made absolute while they still mean what the user meant.</summary>
    public static string FullPath(string path) => path.Length > 0
        ? Path.GetFullPath(path)
        : throw new DataStoreException(DataStoreErrorKind.Usage, "the file name is empty");

    // A colon as well, because in a list (and in fstab, where mount(8) knows no way to quote one) a comma ends the value.
    public static DiskTierOptions DiskCache(string text)
    {
        int separator = text.LastIndexOfAny([',', ':']);
        return separator > 0
            ? new DiskTierOptions(FullPath(text[..separator]), Quantities.ParseSize(text[(separator + 1)..]))
            : throw new DataStoreException(DataStoreErrorKind.Usage, $"'{text}' is not a folder and a size, such as /scratch/blocks,100GiB");
    }

    public static uint Id(string text) => uint.TryParse(text, out uint id) && id != uint.MaxValue
        ? id
        : throw new DataStoreException(DataStoreErrorKind.Usage, $"'{text}' is not a numeric user or group id");

    public static int Octal(string text) => text.Length is > 0 and <= 4 && text.All(c => c is >= '0' and <= '7')
        ? Convert.ToInt32(text, 8)
        : throw new DataStoreException(DataStoreErrorKind.Usage, $"'{text}' is not an octal mask such as 027");
}

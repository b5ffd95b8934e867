using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using DataStoreFS.Model;

namespace DataStoreFS.Mounting.Control;

/// <summary>One line of the control socket.</summary>
/// <param name="Command">What to do.</param>
/// <param name="Arguments">With what; often nothing.</param>
internal sealed record ControlRequest(ControlCommand Command, IReadOnlyList<string> Arguments)
{
    /// <summary>Bytes of a line, its end included.</summary>
    public const int Longest = 64 << 10;

    /// <summary>With the line's end.</summary>
    /// <exception cref="DataStoreException">Usage: too many arguments for one line.</exception>
    public byte[] ToLine()
    {
        string word = Command.ToString().ToLowerInvariant();
        string rest = Arguments.Count == 0 ? "" : " " + JsonSerializer.Serialize([.. Arguments], ControlArguments.Default.StringArray);
        byte[] line = Encoding.UTF8.GetBytes($"{word}{rest}\n");
        return line.Length <= Longest
            ? line
            : throw new DataStoreException(DataStoreErrorKind.Usage, "too many paths at once; name the folder that they are in");
    }

    /// <summary>Null for anything else than a command and texts.</summary>
    public static ControlRequest? Parse(string line)
    {
        string[] parts = line.Split(' ', 2);
        if (!Enum.TryParse(parts[0], ignoreCase: true, out ControlCommand command) || !Enum.IsDefined(command) || char.IsAsciiDigit(line[0]))
        {
            return null;
        }

        try
        {
            string?[]? arguments = parts.Length == 1 ? [] : JsonSerializer.Deserialize(parts[1], ControlArguments.Default.StringArray);
            return arguments is null || Array.Exists(arguments, a => a is null) ? null : new ControlRequest(command, arguments!);
        }
        catch (JsonException)
        {
            return null; // the caller answers what it expects
        }
    }
}

[JsonSerializable(typeof(string[]))]
internal sealed partial class ControlArguments : JsonSerializerContext;

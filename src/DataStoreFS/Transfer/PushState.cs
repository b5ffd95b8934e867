using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Transfer;

/// <summary>
/// Which dataset on the server belongs to a local one, and how much of it is there: one progress file for each pair of XML and server.
/// </summary>
/// <param name="Uuid">The dataset's.</param>
/// <param name="Began">When the upload began: a file that changed later is sent again.</param>
/// <param name="Fingerprint">Of the local dataset's description; blocks of another one do not fit into the same dataset.</param>
/// <param name="Label">As it was asked for.</param>
/// <param name="Compression">As it was asked for.</param>
internal sealed record PushState(string Uuid, DateTimeOffset Began, string Fingerprint, string? Label, string Compression)
{
    private const int NameBytes = 16;

    /// <summary>The path of the progress file.</summary>
    public static string PathOf(string folder, string xmlPath, string server)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{xmlPath}\n{server}"));
        return Path.Combine(folder, Convert.ToHexStringLower(hash.AsSpan(0, NameBytes)) + ".progress");
    }

    public static string FingerprintOf(LocalDataset local)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{local.Container}\n{local.VoxelType}\n{local.Images.Count}\n"));
        foreach (LevelInfo level in local.Levels)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{level.Factors} {level.Dimensions} {level.BlockSize}\n"));
        }

        hash.AppendData(Encoding.UTF8.GetBytes(local.XmlText));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Null when the header is of something else.</summary>
    public static PushState? Parse(string header)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(header);
            JsonElement root = json.RootElement;
            return root.GetProperty("transfer").GetString() == "push"
                && root.GetProperty("uuid").GetString() is string uuid
                && root.GetProperty("began").TryGetDateTimeOffset(out DateTimeOffset began)
                && root.GetProperty("fingerprint").GetString() is string fingerprint
                && N5Compression.TryFromName(root.GetProperty("compression").GetString(), out N5Compression compression)
                    ? new PushState(uuid, began, fingerprint, root.GetProperty("label").GetString(), compression.Name)
                    : null;
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>One line of JSON; server and XML are there for people.</summary>
    public string ToHeader(string server, string xmlPath)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteString("transfer", "push");
            json.WriteString("server", server);
            json.WriteString("xml", xmlPath);
            json.WriteString("uuid", Uuid);
            json.WriteString("began", Began);
            json.WriteString("fingerprint", Fingerprint);
            json.WriteString("label", Label);
            json.WriteString("compression", Compression);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}

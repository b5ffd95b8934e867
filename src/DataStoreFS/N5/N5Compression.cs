using System.Text.Json;
using DataStoreFS.Model;

namespace DataStoreFS.N5;

/// <summary>A level's <c>compression</c> attribute: how the payloads of its block files are packed.</summary>
/// <param name="Type">Which compression.</param>
/// <param name="Parameter">
/// Its one number: gzip <c>level</c> (-1 to 9), lz4 <c>blockSize</c> in bytes, bzip2 <c>blockSize</c> (1 to 9), xz <c>preset</c> (0 to 9).
/// Matters for writing only, every value can be read.
/// </param>
/// <param name="UseZlib">Only with gzip: a zlib stream (RFC 1950) in place of a gzip member (RFC 1952).</param>
public sealed record N5Compression(N5CompressionType Type, int Parameter = 0, bool UseZlib = false)
{
    public static N5Compression Raw { get; } = new(N5CompressionType.Raw);

    /// <summary>The parameters are the defaults of the N5 library 2.x, so that files made with them look as the server's own.</summary>
    public static N5Compression Gzip { get; } = new(N5CompressionType.Gzip, -1);

    public static N5Compression Zlib { get; } = new(N5CompressionType.Gzip, -1, UseZlib: true);
    public static N5Compression Lz4 { get; } = new(N5CompressionType.Lz4, 65536);
    public static N5Compression Bzip2 { get; } = new(N5CompressionType.Bzip2, 9);
    public static N5Compression Xz { get; } = new(N5CompressionType.Xz, 6);

    /// <summary>The value of <c>compression.type</c>.</summary>
    public string Name => Type switch
    {
        N5CompressionType.Raw => "raw",
        N5CompressionType.Gzip => "gzip",
        N5CompressionType.Lz4 => "lz4",
        N5CompressionType.Bzip2 => "bzip2",
        _ => "xz",
    };

    /// <summary>The compression of that name with default parameters; case does not matter since servers echo what was once posted.</summary>
    public static bool TryFromName(string? name, out N5Compression compression)
    {
        N5Compression? found = name?.ToLowerInvariant() switch
        {
            "raw" => Raw,
            "gzip" => Gzip,
            "lz4" => Lz4,
            "bzip2" => Bzip2,
            "xz" => Xz,
            _ => null,
        };
        compression = found ?? Raw;
        return found is not null;
    }

    /// <summary>Reads the attributes object of a level: <c>compression</c>, or <c>compressionType</c> as N5 1.x wrote it.</summary>
    /// <exception cref="DataStoreException">InvalidData: none of the two is there, or it names a compression that is not supported.</exception>
    public static N5Compression FromAttributes(JsonElement attributes)
    {
        if (!attributes.TryGetProperty("compression", out JsonElement value) && !attributes.TryGetProperty("compressionType", out value))
        {
            throw N5Fault.Invalid("the level's attributes name no compression");
        }

        JsonElement type = value;
        if (value.ValueKind == JsonValueKind.Object)
        {
            value.TryGetProperty("type", out type);
        }

        string? name = N5Json.Text(type);
        return TryFromName(name, out N5Compression compression)
            ? WithParameters(compression, value)
            : throw N5Fault.Invalid($"compression '{ForeignText.Shown(name)}' is not supported; raw, gzip, lz4, bzip2 and xz are");
    }

    /// <summary>Writes the object, keys in the order of the N5 library.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type", Name);
        switch (Type)
        {
            case N5CompressionType.Gzip:
                writer.WriteBoolean("useZlib", UseZlib);
                writer.WriteNumber("level", Parameter);
                break;
            case N5CompressionType.Lz4 or N5CompressionType.Bzip2:
                writer.WriteNumber("blockSize", Parameter);
                break;
            case N5CompressionType.Xz:
                writer.WriteNumber("preset", Parameter);
                break;
        }

        writer.WriteEndObject();
    }

    internal PayloadCodec Codec => Type switch
    {
        N5CompressionType.Raw => RawCodec.Instance,
        N5CompressionType.Gzip => new GzipCodec(Parameter, UseZlib),
        N5CompressionType.Lz4 => new Lz4BlockCodec(Parameter),
        N5CompressionType.Bzip2 => new Bzip2Codec(Parameter),
        _ => new XzCodec(Parameter),
    };

    private static N5Compression WithParameters(N5Compression compression, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return compression;
        }

        string key = compression.Type switch
        {
            N5CompressionType.Gzip => "level",
            N5CompressionType.Xz => "preset",
            _ => "blockSize",
        };
        int parameter = value.TryGetProperty(key, out JsonElement number)
            && number.ValueKind == JsonValueKind.Number
            && number.TryGetInt32(out int given)
            ? given
            : compression.Parameter;
        bool zlib = value.TryGetProperty("useZlib", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
        return compression.Type == N5CompressionType.Raw
            ? compression
            : compression with { Parameter = parameter, UseZlib = zlib && compression.Type == N5CompressionType.Gzip };
    }
}

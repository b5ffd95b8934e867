using System.Text;
using System.Text.Json;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Server.SpimData;

namespace DataStoreFS.Server.Storage;

/// <summary>Writes the folders and metadata files of a version exactly as the original does, down to the order of JSON keys.</summary>
internal static class DatasetTree
{
    // What the original's N5 library says of itself.
    private static ReadOnlySpan<byte> Root => "{\"n5\":\"2.2.1\"}"u8;

    /// <summary>Makes the first version of a dataset in an existing, empty folder.</summary>
    public static void Create(string versionPath, DatasetPlan plan)
    {
        Directory.CreateDirectory(versionPath);
        WriteDocument(versionPath, plan.Document());
        WriteRoot(versionPath);
        foreach ((int setup, _, _) in plan.Setups)
        {
            WriteSetup(versionPath, setup, plan.TimepointIds, plan.Levels, plan.VoxelType, plan.Compression, plan.Record.VoxelResolution);
        }
    }

    public static void WriteDocument(string versionPath, SpimDocument document) => AtomicFile.Write(
        Path.Combine(versionPath, "export.xml"), Encoding.UTF8.GetBytes(SpimWriter.Write(document, "export.n5", SpimLoader.OnDisk)), sync: true);

    /// <summary>An <c>export.n5</c> with nothing but its version in it.</summary>
    public static void WriteRoot(string versionPath) => WriteFile($"{versionPath}/export.n5", Root);

    public static void WriteSetup(
        string versionPath,
        int setup,
        IReadOnlyList<int> timepoints,
        IReadOnlyList<LevelInfo> levels,
        VoxelType voxelType,
        N5Compression compression,
        IReadOnlyList<double> voxelSize)
    {
        string folder = $"{versionPath}/export.n5/setup{setup}";
        WriteFile(folder, N5Attributes.Setup(levels, voxelType));
        byte[] timepointAttributes = N5Attributes.Timepoint(voxelSize);
        byte[][] levelAttributes = [.. levels.Select(l => Level(l, voxelType, compression))];
        foreach (int timepoint in timepoints)
        {
            WriteFile($"{folder}/timepoint{timepoint}", timepointAttributes);
            for (int i = 0; i < levelAttributes.Length; i++)
            {
                WriteFile($"{folder}/timepoint{timepoint}/s{i}", levelAttributes[i]);
            }
        }
    }

    /// <summary>
    /// Copies a version without its blocks: whatever has only digits as its name is left out (grid positions), as the original does, and hidden
    /// files.
    /// </summary>
    public static void CopyWithoutBlocks(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (FileSystemInfo entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            if (entry.Name.All(char.IsAsciiDigit) || entry.Name[0] == '.' || entry.LinkTarget is not null)
            {
                continue;
            }

            string target = Path.Combine(to, entry.Name);
            if (entry is DirectoryInfo)
            {
                CopyWithoutBlocks(entry.FullName, target);
            }
            else
            {
                File.Copy(entry.FullName, target);
            }
        }
    }

    private static void WriteFile(string folder, ReadOnlySpan<byte> attributes)
    {
        Directory.CreateDirectory(folder);
        AtomicFile.Write(Path.Combine(folder, "attributes.json"), attributes, sync: false);
    }

    private static byte[] Level(LevelInfo level, VoxelType voxelType, N5Compression compression)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WritePropertyName("compression");
            compression.WriteTo(json);
            Write(json, "downsamplingFactors", level.Factors);
            Write(json, "blockSize", level.BlockSize);
            json.WriteString("dataType", voxelType.Name());
            Write(json, "dimensions", level.Dimensions);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static void Write(Utf8JsonWriter json, string key, Size3 size)
    {
        json.WriteStartArray(key);
        json.WriteNumberValue(size.X);
        json.WriteNumberValue(size.Y);
        json.WriteNumberValue(size.Z);
        json.WriteEndArray();
    }
}

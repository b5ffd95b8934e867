using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Views;

namespace DataStoreFS.Transfer;

/// <summary>
/// Reads the XML and every <c>attributes.json</c> of a local dataset and distrusts them. A dataset on a server has one voxel type and one set of
/// levels, so what differs between images is refused here.
/// </summary>
internal sealed class LocalDatasetReader
{
    private const string LoaderFormat = "bdv.n5";
    private const long LargestXml = 256L << 20;

    private readonly string _xmlPath;
    private readonly string _xmlText;
    private readonly BdvXml _xml;
    private readonly BdvExport _export;
    private readonly string _container;

    private LocalDatasetReader(string xmlPath)
    {
        _xmlPath = xmlPath;
        _xmlText = ReadXml(xmlPath);
        (_xml, _export) = Named(xmlPath, () =>
        {
            BdvXml xml = BdvXml.Parse(_xmlText);
            return (xml, xml.ReadExport());
        });
        _container = Container();
    }

    /// <exception cref="DataStoreException">Usage, Refused, InvalidData or Local: which file, and what is wrong with it.</exception>
    public static LocalDataset Read(string xmlPath) => new LocalDatasetReader(Path.GetFullPath(xmlPath)).Read();

    private LocalDataset Read()
    {
        if (_xml.Setups.Count == 0 || _xml.TimepointIds.Count == 0)
        {
            throw Wrong(_xmlPath, "it has no views");
        }

        Dictionary<int, N5SetupAttributes> setups = _xml.Setups.ToDictionary(
            setup => setup.Id, setup => Attributes($"setup{setup.Id}", N5SetupAttributes.Parse));
        List<LocalImage> images = [];
        LevelInfo[]? levels = null;
        VoxelType type = default;
        foreach (int timepoint in _xml.TimepointIds)
        {
            foreach (BdvSetup setup in _xml.Setups.Where(setup => !_export.MissingViews.Contains(new BdvView(timepoint, setup.Id))))
            {
                (LevelInfo[] found, VoxelType foundType, N5Compression[] compressions) = ReadView(setup.Id, timepoint, setups[setup.Id]);
                RequireSame(ref levels, ref type, found, foundType, setup.Id, timepoint);
                images.AddRange(levels!.Select(level => new LocalImage(
                    images.Count + level.Index,
                    new BdvView(timepoint, setup.Id),
                    level,
                    FolderOf(setup.Id, timepoint, level.Index),
                    compressions[level.Index])));
            }
        }

        if (levels is null)
        {
            throw Wrong(_xmlPath, "it declares all of its views missing");
        }

        foreach (BdvSetup setup in _xml.Setups.Where(setup => setup.Size is not null && setup.Size != levels[0].Dimensions))
        {
            throw Wrong(
                _xmlPath, $"setup {setup.Id} has {setup.Size} voxels, but {FolderOf(setup.Id, _xml.TimepointIds[0], 0)} has {levels[0].Dimensions}");
        }

        return new LocalDataset
        {
            XmlPath = _xmlPath,
            XmlText = _xmlText,
            Container = _container,
            Xml = _xml,
            Export = _export,
            VoxelType = type,
            Levels = levels,
            Images = images,
        };
    }

    private (LevelInfo[] Levels, VoxelType Type, N5Compression[] Compressions) ReadView(int setup, int timepoint, N5SetupAttributes attributes)
    {
        LevelInfo[] levels = new LevelInfo[attributes.Factors.Count];
        N5Compression[] compressions = new N5Compression[levels.Length];
        VoxelType type = attributes.Type;
        for (int i = 0; i < levels.Length; i++)
        {
            string name = LocalDataset.ImageName(setup, timepoint, i);
            N5LevelAttributes level = Attributes(name, N5LevelAttributes.Parse);
            if (level.Factors is { } own && own != attributes.Factors[i])
            {
                throw Wrong(Path.Combine(_container, name), $"its downsamplingFactors are {own}, but its setup says {attributes.Factors[i]}");
            }

            type = i == 0 ? level.Type : type;
            if (level.Type != type)
            {
                throw Wrong(Path.Combine(_container, name), $"it has {level.Type.Name()} voxels, but its level 0 has {type.Name()}");
            }

            levels[i] = Named(Path.Combine(_container, name), () =>
            {
                DatasetLimits.RequireImage(level.Dimensions, level.Type, DataStoreErrorKind.InvalidData);
                return new LevelInfo(i, attributes.Factors[i], level.Dimensions, level.BlockSize);
            });
            compressions[i] = level.Compression;
        }

        return (levels, type, compressions);
    }

    /// <summary>A server has one geometry for all views of a dataset.</summary>
    private void RequireSame(ref LevelInfo[]? levels, ref VoxelType type, LevelInfo[] found, VoxelType foundType, int setup, int timepoint)
    {
        if (levels is null)
        {
            (levels, type) = (found, foundType);
            return;
        }

        LevelInfo[] first = levels;
        string? difference =
            foundType != type ? $"{foundType.Name()} voxels where the first view has {type.Name()}"
            : found.Length != first.Length ? $"{found.Length} levels where the first view has {first.Length}"
            : found.Where(level => !Same(level, first[level.Index])).Select(level =>
                $"at level {level.Index} {level.Dimensions} voxels in blocks of {level.BlockSize} by factors "
                    + $"{level.Factors}, where the first view has "
                    + $"{first[level.Index].Dimensions} in {first[level.Index].BlockSize} by {first[level.Index].Factors}").FirstOrDefault();
        if (difference is not null)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Refused,
                $"{_xmlPath} cannot be pushed as one dataset: setup {setup} at timepoint {timepoint} has {difference}, "
                    + "and a DataStore keeps one geometry for all; "
                    + "push the setups as separate datasets");
        }
    }

    private static bool Same(LevelInfo a, LevelInfo b) => a.Factors == b.Factors && a.Dimensions == b.Dimensions && a.BlockSize == b.BlockSize;

    private string Container()
    {
        if (_export.Format != LoaderFormat || _export.Container is null)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Refused,
                $"{_xmlPath} has voxels of format '{ForeignText.Shown(_export.Format)}'; only {LoaderFormat} can be pushed: "
                    + "export it as N5 first (in Fiji, BigDataViewer > Export as XML/N5)");
        }

        string path = Path.Combine(Path.GetDirectoryName(_xmlPath)!, LocalPath(_export.BasePath), LocalPath(_export.Container));
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return Directory.Exists(path) ? path : throw Wrong(_xmlPath, $"it names {path} as the place of its voxels, and there is no such folder");
    }

    // Newer SpimData writes URIs where older wrote paths; file:///x and file:/x are the local ones.
    private string LocalPath(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw Wrong(_xmlPath, "a path in it holds a zero character");
        }

        if (text.StartsWith("file:", StringComparison.OrdinalIgnoreCase) && Uri.TryCreate(text, UriKind.Absolute, out Uri? uri))
        {
            return uri.LocalPath;
        }

        return text.Contains("://", StringComparison.Ordinal)
            ? throw new DataStoreException(
                DataStoreErrorKind.Refused, $"{_xmlPath} keeps its voxels at {ForeignText.Shown(text)}; only local folders can be pushed")
            : text;
    }

    private string FolderOf(int setup, int timepoint, int level) => Path.Combine(_container, LocalDataset.ImageName(setup, timepoint, level));

    private T Attributes<T>(string name, Func<ReadOnlyMemory<byte>, T> parse)
    {
        string path = Path.Combine(_container, name, "attributes.json");
        if (!File.Exists(path))
        {
            throw Wrong(path, "there is no such file; if this view was never recorded, the XML has to list it in its MissingViews");
        }

        byte[] file = LocalFile.ReadSmall(path);
        return Named(path, () => parse(file));
    }

    private static string ReadXml(string path)
    {
        if (Directory.Exists(path))
        {
            throw new DataStoreException(
                DataStoreErrorKind.Usage, $"{path} is a folder; name the XML of the dataset, such as {Path.Combine(path, "export.xml")}");
        }

        byte[] bytes = LocalFile.Read(path, LargestXml);
        using StreamReader reader = new(new MemoryStream(bytes), detectEncodingFromByteOrderMarks: true);
        return reader.ReadToEnd();
    }

    private static T Named<T>(string path, Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (DataStoreException fault)
        {
            throw Wrong(path, fault.Message, fault);
        }
    }

    private static DataStoreException Wrong(string path, string why, Exception? inner = null) =>
        new(DataStoreErrorKind.InvalidData, $"{path}: {why}", inner);
}

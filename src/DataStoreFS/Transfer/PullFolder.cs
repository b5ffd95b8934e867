using System.Globalization;
using System.Text.Json;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Transfer;

/// <summary>The folder that a download fills: attributes first, then blocks, the XML last, so that a tree with an XML is complete.</summary>
internal sealed class PullFolder
{
    private const string ProgressName = ".datastorefs-pull";

    private readonly string _path;

    public PullFolder(string path) => _path = Path.GetFullPath(path);

    public string XmlPath => Path.Combine(_path, "export.xml");

    private string Container => Path.Combine(_path, "export.n5");

    private string ProgressPath => Path.Combine(_path, ProgressName);

    /// <summary>Opens the progress of an earlier run of the same download, or begins one.</summary>
    /// <exception cref="DataStoreException">Refused: the folder holds something else. Local.</exception>
    public ProgressFile OpenProgress(PullPlan plan, out bool resumed)
    {
        RequireFree();
        ProgressFile progress = ProgressFile.Open(ProgressPath);
        try
        {
            string header = $"{{\"transfer\":\"pull\",\"what\":\"{JsonEncodedText.Encode(plan.Describe())}\"}}";
            resumed = progress.Header is not null;
            if (progress.Header is null)
            {
                progress.Start(header);
            }
            else if (progress.Header != header)
            {
                throw new DataStoreException(
                    DataStoreErrorKind.Refused,
                    $"{_path} holds a download that was begun with another source or other options; finish that one, or choose another folder");
            }

            return progress;
        }
        catch
        {
            progress.Dispose();
            throw;
        }
    }

    public void EndProgress() => Guarded("remove", ProgressPath, () => File.Delete(ProgressPath));

    /// <summary>Every <c>attributes.json</c>, of images without wanted blocks too.</summary>
    public void WriteAttributes(PullPlan plan)
    {
        VolumeInfo volume = plan.Opened.Info;
        Write("attributes.json", N5Attributes.Root());
        byte[] timepointAttributes = N5Attributes.Timepoint(volume.VoxelSize);
        foreach (SetupInfo setup in volume.Setups)
        {
            Write($"setup{setup.Id}/attributes.json", N5Attributes.Setup(setup.Levels, volume.VoxelType));
            foreach (int timepoint in volume.TimepointIds)
            {
                Write($"setup{setup.Id}/timepoint{timepoint}/attributes.json", timepointAttributes);
            }
        }

        foreach (PullImage image in plan.Images)
        {
            Write($"{image.Name}/attributes.json", N5Attributes.Level(image.Level, volume.VoxelType, plan.Compression));
        }
    }

    /// <param name="image">Whose block.</param>
    /// <param name="at">Grid position.</param>
    /// <param name="file">The whole block file.</param>
    public void WriteBlock(PullImage image, Size3 at, ReadOnlySpan<byte> file) =>
        Write(string.Create(CultureInfo.InvariantCulture, $"{image.Name}/{at.X}/{at.Y}/{at.Z}"), file);

    public void WriteXml(ReadOnlySpan<byte> xml) => LocalFile.Write(XmlPath, xml);

    /// <summary>
    /// Block files among the first positions of an image. One without content does not count: it is what a power cut leaves of a file that was
    /// renamed before its bytes were on the disk.
    /// </summary>
    public long CountBlocks(PullImage image, long positions) => LocalBlocks.In(Path.Combine(Container, image.Name), image.Level)
        .TakeWhile(block => block.Ordinal(image.Level.Grid) < positions)
        .LongCount(block => LocalFile.Require(block.Path).Length > 0);

    private void RequireFree() => Guarded("use", _path, () =>
    {
        Directory.CreateDirectory(_path);
        if (File.Exists(ProgressPath))
        {
            return;
        }

        string? first = Directory.EnumerateFileSystemEntries(_path).FirstOrDefault();
        if (first is not null)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Refused,
                File.Exists(XmlPath)
                    ? $"{_path} already holds a dataset; a download that is complete is not repeated: choose another folder, or remove this one"
                    : $"{_path} is not empty ({Path.GetFileName(first)}); choose another folder");
        }
    });

    private void Write(string name, ReadOnlySpan<byte> content) => LocalFile.Write(Path.Combine(Container, name), content);

    private static void Guarded(string what, string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw LocalFile.Failed(what, path, fault);
        }
    }
}

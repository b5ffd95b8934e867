using System.Globalization;
using System.Text;
using DataStoreFS.Model;
using Mono.Unix.Native;

namespace DataStoreFS.Transfer;

/// <summary>
/// How far a transfer is: a header line, then one line <c>IMAGE DONE BLOCKS</c> each time an image has come further. Lines are only appended, so
/// whatever ends the process costs at most what its last lines would have said, and that is done again, which is harmless.
/// </summary>
/// <remarks>Contract: open means locked against other transfers. Thread-safe; disposing it closes the file.</remarks>
internal sealed class ProgressFile : IDisposable
{
    private const string FinishedWord = "finished";
    private const int LongestHeader = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, ImageProgress> _images = [];
    private readonly string _path;
    private readonly FileStream _file;
    private long _end; // of the last whole line

    private ProgressFile(string path, FileStream file)
    {
        _path = path;
        _file = file;
    }

    /// <summary>Null when the file is new.</summary>
    public string? Header { get; private set; }

    /// <summary>When the last complete run began; null before there is one.</summary>
    public DateTimeOffset? Finished { get; private set; }

    /// <summary>Opens or makes the file. What cannot be read behind the header is cut off: a crash ends a file anywhere.</summary>
    /// <exception cref="DataStoreException">Local: it cannot be opened, another transfer has it, or its header is damaged.</exception>
    public static ProgressFile Open(string path)
    {
        FileStream? file = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);

            // FileShare.None is an advisory lock (flock) that other transfers respect.
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            ProgressFile progress = new(path, file);
            progress.Load();
            return progress;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            // .NET's lock is flock(2), whose EWOULDBLOCK it keeps.
            string next = fault.HResult == (int)Errno.EWOULDBLOCK
                ? "is the same transfer running already?"
                : "this user must be able to write there";
            throw new DataStoreException(
                DataStoreErrorKind.Local, $"cannot keep the progress in {path}: {fault.Message.ReplaceLineEndings(" ")}; {next}", fault);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    /// <summary>What is known of an image; nothing done when it is new.</summary>
    public ImageProgress this[int image] => _images.GetValueOrDefault(image);

    /// <summary>Begins anew.</summary>
    /// <param name="header">One line.</param>
    public void Start(string header)
    {
        _images.Clear();
        (Header, Finished) = (header, null);
        Guarded(() =>
        {
            _end = 0;
            Append(header);
            _file.Flush(flushToDisk: true);
        });
    }

    public void Write(int image, ImageProgress progress) =>
        Guarded(() => Append(string.Create(CultureInfo.InvariantCulture, $"{image} {progress.Done} {progress.Blocks}")));

    /// <summary>What was known of an image is no longer true.</summary>
    public void Forget(int image)
    {
        _images.Remove(image);
        Guarded(() => Append(string.Create(CultureInfo.InvariantCulture, $"{image} 0 0")));
    }

    /// <summary>All images are complete.</summary>
    /// <param name="began">When the run that completed them began.</param>
    public void Finish(DateTimeOffset began) =>
        Guarded(() => Append(string.Create(CultureInfo.InvariantCulture, $"{FinishedWord} {began.UtcTicks}")));

    public void Dispose() => _file.Dispose();

    private void Guarded(Action write)
    {
        try
        {
            lock (_gate)
            {
                write();
            }
        }
        catch (IOException fault)
        {
            throw LocalFile.Failed("write", _path, fault);
        }
    }

    // A disk that is full takes a part of a line: the next one must not be read as its end.
    private void Append(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
        if (_file.Length > _end)
        {
            _file.SetLength(_end);
        }

        _file.Seek(_end, SeekOrigin.Begin);
        _file.Write(bytes);
        _end += bytes.Length;
    }

    private void Load()
    {
        byte[] bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);
        int good = 0;
        for (int start = 0; Array.IndexOf(bytes, (byte)'\n', start) is int end and >= 0; start = end + 1)
        {
            string line = Encoding.UTF8.GetString(bytes, start, end - start);
            if (start == 0)
            {
                Header = line.Length is > 1 and <= LongestHeader && line[0] == '{' ? line : throw Damaged();
            }
            else if (!TryApply(line))
            {
                break;
            }

            good = end + 1;
        }

        // A header that was cut short means that nothing after it was begun, except for the server's making of the dataset.
        _file.SetLength(good);
        _end = good;
    }

    private bool TryApply(string line)
    {
        string[] words = line.Split(' ');
        bool finished = words[0] == FinishedWord;
        long[] numbers = new long[3];
        for (int i = finished ? 1 : 0; i < words.Length; i++)
        {
            if (i == numbers.Length || !long.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return false;
            }
        }

        if (finished && words.Length == 2 && numbers[1] <= DateTimeOffset.MaxValue.UtcTicks)
        {
            Finished = new DateTimeOffset(numbers[1], TimeSpan.Zero);
            return true;
        }

        if (finished || words.Length != numbers.Length || numbers[0] > int.MaxValue)
        {
            return false;
        }

        // Connections write their lines in any order; an image never goes back, except to its beginning.
        int image = (int)numbers[0];
        ImageProgress read = new(numbers[1], numbers[2]);
        _images[image] = read.Done == 0 || read.Done >= this[image].Done ? read : this[image];
        return true;
    }

    private DataStoreException Damaged() =>
        new(DataStoreErrorKind.Local, $"{_path} is damaged, so where the transfer stopped is not known; remove it to begin anew");
}

/// <summary>How far an image is.</summary>
/// <param name="Done">Positions of its grid that are done, in the order in which they are copied.</param>
/// <param name="Blocks">Of these, those with a block.</param>
internal readonly record struct ImageProgress(long Done, long Blocks);

namespace DataStoreFS.Transfer;

/// <summary>
/// Batches of an image begin in order and end in any order; an image is as far as its first batch that has not ended. That is what the progress
/// file is told.
/// </summary>
internal sealed class Watermarks(ProgressFile file)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Image> _images = [];

    /// <summary>Announces the image's next batch. Called by one thread at a time.</summary>
    /// <param name="image">Its number in the progress file.</param>
    /// <param name="to">How far the image is once this and all batches before have ended.</param>
    public Piece Begin(int image, long to)
    {
        Piece piece = new(image, to);
        lock (_gate)
        {
            if (!_images.TryGetValue(image, out Image? known))
            {
                _images[image] = known = new Image(file[image]);
            }

            known.Running.Enqueue(piece);
        }

        return piece;
    }

    /// <param name="piece">Has ended well.</param>
    /// <param name="blocks">Blocks that it came to.</param>
    public void Complete(Piece piece, long blocks)
    {
        ImageProgress? progress = null;
        lock (_gate)
        {
            Image image = _images[piece.Image];
            (piece.Blocks, piece.Ended) = (blocks, true);
            while (image.Running.TryPeek(out Piece? first) && first.Ended)
            {
                image.Running.Dequeue();
                image.Progress = new ImageProgress(Math.Max(image.Progress.Done, first.To), image.Progress.Blocks + first.Blocks);
                progress = image.Progress;
            }
        }

        if (progress is { } further)
        {
            file.Write(piece.Image, further);
        }
    }

    /// <summary>How far an image is by now.</summary>
    public ImageProgress Of(int image)
    {
        lock (_gate)
        {
            return _images.TryGetValue(image, out Image? known) ? known.Progress : file[image];
        }
    }

    /// <summary>A batch under way.</summary>
    internal sealed class Piece(int image, long to)
    {
        public int Image { get; } = image;

        public long To { get; } = to;

        public long Blocks { get; set; }

        public bool Ended { get; set; }
    }

    private sealed class Image(ImageProgress progress)
    {
        public Queue<Piece> Running { get; } = new();

        public ImageProgress Progress { get; set; } = progress;
    }
}

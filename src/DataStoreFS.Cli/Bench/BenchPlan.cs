using DataStoreFS.Cli.Trees;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Bench;

/// <summary>Which block files are read in which order: the same for the same tree and number, on every machine and every file system.</summary>
/// <param name="Sequential">In the order of their folders; from the front of the tree.</param>
/// <param name="Random">In random order; from the back of the tree, and none of the others, so that they are as cold as those were.</param>
/// <param name="Wanted">Files to be read of each; the lists are longer, since blocks may be missing.</param>
/// <param name="Images">Whose they are, for people.</param>
/// <param name="GridEnd">Beyond the last block along z, in the images of <paramref name="Sequential"/>.</param>
internal sealed record BenchPlan(
    IReadOnlyList<string> Sequential, IReadOnlyList<string> Random, int Wanted, IReadOnlyList<TreeImage> Images, long GridEnd)
{
    // Candidates for each file that is wanted.
    private const int Spare = 4;
    private const int Seed = 20260;

    /// <param name="place">Where to look.</param>
    /// <param name="files">To be read of either list.</param>
    /// <exception cref="DataStoreException">Usage: there are not two blocks.</exception>
    public static BenchPlan Of(TreePlace place, int files)
    {
        long most = (long)files * Spare;
        List<TreeImage> front = Enough(TreeImages.Finest(place, backwards: false), most);
        HashSet<string> taken = [.. front.Select(image => image.Name)];
        List<TreeImage> back = Enough(TreeImages.Finest(place, backwards: true).TakeWhile(image => !taken.Contains(image.Name)), most);
        long end = front.Select(image => image.Level.Grid.Z).DefaultIfEmpty().Max();
        if (back.Sum(image => image.Blocks) >= files)
        {
            return new BenchPlan(
                [.. front.SelectMany(image => image.Files()).Take((int)most)], Sample(back, 0, most), files, [.. front, .. back], end);
        }

        // One small tree for both: its first and its second half.
        List<TreeImage> all = [.. front, .. Enumerable.Reverse(back)];
        long half = all.Sum(image => image.Blocks) / 2;
        if (half == 0)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, $"there are not two blocks to read at {place.Path}");
        }

        return new BenchPlan(
            [.. all.SelectMany(image => image.Files()).Take((int)Math.Min(half, most))],
            Sample(all, half, most),
            (int)Math.Min(files, half),
            all,
            end);
    }

    private static List<TreeImage> Enough(IEnumerable<TreeImage> images, long blocks)
    {
        List<TreeImage> enough = [];
        foreach (TreeImage image in images)
        {
            enough.Add(image);
            blocks -= image.Blocks;
            if (blocks <= 0)
            {
                break;
            }
        }

        return enough;
    }

    // Of the blocks from a number on, counted through all images; without a list of all, which may be millions.
    private static List<string> Sample(List<TreeImage> images, long from, long most)
    {
        long total = images.Sum(image => image.Blocks);
        Random random = new(Seed);
        if (total - from <= most)
        {
            string[] all = [.. images.SelectMany(image => image.Files()).Skip((int)from)];
            random.Shuffle(all);
            return [.. all];
        }

        HashSet<long> chosen = [];
        List<string> files = [];
        while (files.Count < most)
        {
            long index = random.NextInt64(from, total);
            if (chosen.Add(index))
            {
                files.Add(FileAt(images, index));
            }
        }

        return files;
    }

    private static string FileAt(List<TreeImage> images, long index)
    {
        int at = 0;
        while (index >= images[at].Blocks)
        {
            index -= images[at++].Blocks;
        }

        return images[at].FileAt(index);
    }
}

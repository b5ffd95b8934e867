using System.Security.Cryptography;
using System.Text;
using DataStoreFS.Tree;

namespace DataStoreFS.Mounting.Server;

/// <summary>
/// Node ids of a whole-server mount (see <see cref="NodeIds"/>): datasets below 2^40, then one slot of 2^40 for each volume. They come from hashes of
/// the names, so that they are the same after a restart whatever was looked at first; where two names meet, the later one takes the next free place.
/// </summary>
internal static class ServerIds
{
    public const int SlotBits = 40;

    private const ulong SlotSize = 1UL << SlotBits;
    private const ulong Slots = NodeIds.FirstTableNode >> SlotBits;
    private const ulong FirstDataset = NodeIds.Root + 1;

    public static ulong SlotOf(ulong id) => id >> SlotBits;

    /// <summary>Whether a volume of so many nodes fits into a slot.</summary>
    public static bool Fits(ulong nodes) => nodes <= SlotSize;

    /// <summary>An id for a dataset's folder that <paramref name="taken"/> does not know.</summary>
    public static ulong Dataset(string uuid, Func<ulong, bool> taken) => Free(Hash(uuid), SlotSize - FirstDataset, FirstDataset, 1, taken);

    /// <summary>The first id of a free slot.</summary>
    public static ulong Volume(string uuid, string version, Func<ulong, bool> taken) =>
        Free(Hash($"{uuid}/{version}"), Slots - 1, SlotSize, SlotSize, taken);

    private static ulong Free(ulong hash, ulong places, ulong first, ulong stride, Func<ulong, bool> taken)
    {
        ulong place = hash % places;
        while (taken(first + (place * stride)))
        {
            place = (place + 1) % places;
        }

        return first + (place * stride);
    }

    private static ulong Hash(string name) => BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}

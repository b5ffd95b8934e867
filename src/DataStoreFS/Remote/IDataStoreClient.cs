using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Remote;

/// <summary>
/// The DataStore protocol as calls. Only addresses that this interface can express are ever requested, so no path name a user types can become
/// one of the protocol's destructive URLs. Faults are <see cref="DataStoreException"/>s.
/// </summary>
public interface IDataStoreClient : IBlockWriter, IAsyncDisposable
{
    /// <summary>Scheme, host, port and prefix, without a trailing slash.</summary>
    string Server { get; }

    /// <summary>How far away the server is: the quickest handshake so far; zero before the first.</summary>
    TimeSpan RoundTrip { get; }

    /// <summary>
    /// How long the server works before it answers: the least time until an answer with blocks began, without a round trip; zero before the first.
    /// Too long by a round trip when all requests so far had to connect first.
    /// </summary>
    TimeSpan Effort { get; }

    /// <summary><c>GET /datasets/{uuid}</c>: the JSON text. NotFound when the server does not know the dataset.</summary>
    Task<string> GetDatasetJsonAsync(string uuid, CancellationToken cancellationToken);

    /// <summary><c>GET /datasets/{uuid}/{version}</c>: the XML text; version is a number, <c>mixedLatest</c> or <c>all</c>.</summary>
    Task<string> GetXmlAsync(string uuid, string version, CancellationToken cancellationToken);

    /// <summary>The start call in read mode with version <c>latest</c>, resolved to the number in the redirect's address.</summary>
    Task<int> ResolveLatestAsync(string uuid, Size3 resolution, CancellationToken cancellationToken);

    /// <summary>
    /// The start call in write mode: which number <c>latest</c> is, or the one version that <c>new</c> makes. <c>new</c> is sent once, never again by
    /// itself: each such call makes a version, of thousands of small files, which may take minutes. The server also forgets what it
    /// keeps of that version for its /bdv readers.
    /// </summary>
    Task<int> StartWritingAsync(string uuid, Size3 resolution, string version, CancellationToken cancellationToken);

    /// <summary>
    /// One GET for blocks of one image, in the order given. Each is delivered to <paramref name="sink"/> as soon as its frame is complete.
    /// </summary>
    /// <exception cref="DataStoreException">For those blocks that the sink has not been given.</exception>
    Task ReadBlocksAsync(ImageAddress image, IReadOnlyList<BlockRequest> blocks, IBlockSink sink, CancellationToken cancellationToken);
}

/// <summary>Where the blocks of one image live on the server, in the server's ids.</summary>
/// <param name="Uuid">Dataset.</param>
/// <param name="Resolution">The level's down-scale factors.</param>
/// <param name="Version">A number or <c>mixedLatest</c>.</param>
/// <param name="Timepoint">Timepoint id.</param>
/// <param name="Channel">Channel id.</param>
/// <param name="Angle">Angle id.</param>
public sealed record ImageAddress(string Uuid, Size3 Resolution, string Version, int Timepoint, int Channel, int Angle);

/// <summary>One block to read.</summary>
/// <param name="X">Grid position.</param>
/// <param name="Y">Grid position.</param>
/// <param name="Z">Grid position.</param>
/// <param name="Size">Voxels it must have in the tree; a stored block of another size is cut or padded with zeros to this.</param>
/// <param name="Limit">The level's full block size: what the server stores may be anything from 0 to this per axis.</param>
/// <param name="VoxelBytes">Bytes of a voxel.</param>
public readonly record struct BlockRequest(int X, int Y, int Z, Size3 Size, Size3 Limit, int VoxelBytes)
{
    /// <summary>
    /// The dataset has no [1,1,1] level. There the original looks up the voxel type of a block that it does not have, and answers 500 when it
    /// finds none: that answer, to a request for this block alone, says that it is missing.
    /// </summary>
    public bool FailsWhenMissing { get; init; }
}

/// <summary>Receives blocks as they arrive.</summary>
public interface IBlockSink
{
    /// <summary>
    /// The <paramref name="index"/>-th requested block. <paramref name="block"/> is null when the server has none; otherwise the sink takes its
    /// reference. Called in order, from one thread at a time; must not block.
    /// </summary>
    /// <param name="index">Position in the list of requested blocks.</param>
    /// <param name="block">Normalised to <see cref="BlockRequest.Size"/>, or null.</param>
    /// <param name="storedSize">
    /// The size in the frame, before cutting or padding: the only sign of the level's true dimensions where rounding leaves a choice.
    /// All zero for a missing block and for an empty one that was really stored.
    /// </param>
    void Deliver(int index, BlockBuffer? block, Size3 storedSize);
}

namespace DataStoreFS.Server;

/// <summary>Behaviour of the original server that damages data or surprises, each switchable so that clients can be tested against it.</summary>
[Flags]
public enum OriginalQuirks
{
    None = 0,

    /// <summary>A block GET with a version number that does not exist creates that version, and <c>mixedLatest</c> breaks from then on.</summary>
    PhantomVersions = 1,

    /// <summary>
    /// A POST body that ends inside a block is filled up with zeros, stored and answered with 200. Without it: 400, and that block is not stored.
    /// </summary>
    ZeroFilledBlocks = 2,

    /// <summary>The <c>versions</c> of the dataset JSON come in the order of the directory listing instead of ascending.</summary>
    UnsortedVersions = 4,

    /// <summary><c>POST /stop</c> at the root ends the server. Without it: 403.</summary>
    StopEndsServer = 8,

    /// <summary>A successful rebuild is answered with 501 instead of 200.</summary>
    RebuildAnswers501 = 16,

    /// <summary>Answers above 16,364 bytes are chunked, without a Content-Length.</summary>
    ChunkedAnswers = 32,

    /// <summary>Cells of <c>/bdv</c> are empty until somebody has asked for <c>p=init</c>.</summary>
    CellsNeedInit = 64,

    All = PhantomVersions | ZeroFilledBlocks | UnsortedVersions | StopEndsServer | RebuildAnswers501 | ChunkedAnswers | CellsNeedInit,
}

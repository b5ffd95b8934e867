namespace DataStoreFS.Remote;

/// <summary>The one call of the protocol that makes a dataset.</summary>
public interface IDatasetCreator
{
    /// <summary>
    /// <c>POST /datasets/</c>. Never repeated by itself: each such call makes a dataset. A server writes a small file for every image before it
    /// answers, so this may take minutes.
    /// </summary>
    /// <param name="json">The description, UTF-8.</param>
    /// <param name="cancellationToken">Ends the call; whether a dataset was made is then not known.</param>
    /// <returns>The dataset's uuid.</returns>
    /// <exception cref="DataStoreFS.Model.DataStoreException"> As of <see cref="IBlockWriter"/>. After <c>Unreachable</c> and <c>Timeout</c> it is
    /// not known whether a dataset was made. </exception>
    Task<string> CreateDatasetAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken);
}

using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DataStoreFS.Server.Http;

/// <summary>
/// One line <c>METHOD STATUS BYTES CONNECTION</c> per finished request. Each line is one append, unbuffered, so that nothing is lost when the
/// server is killed.
/// </summary>
internal sealed class AccessLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SafeFileHandle _file;

    public AccessLog(string path) =>
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);

    public void Write(string method, int status, long bytes, string connection)
    {
        byte[] line = Encoding.UTF8.GetBytes($"{method} {status} {bytes} {connection}\n");
        lock (_gate)
        {
            // The end is asked for each time: who measures may empty the file between two runs.
            RandomAccess.Write(_file, line, RandomAccess.GetLength(_file));
        }
    }

    public void Dispose() => _file.Dispose();
}

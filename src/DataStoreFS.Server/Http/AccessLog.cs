using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DataStoreFS.Server.Http;

/// <summary>
/// One line <c>METHOD STATUS BYTES CONNECTION</c> per finished request. Each line is one append, unbuffered, so that who reads the file after an
/// answer finds its line there.
/// </summary>
internal sealed class AccessLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SafeFileHandle _file;
    private long _end;

    public AccessLog(string path)
    {
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        _end = RandomAccess.GetLength(_file);
    }

    public void Write(string method, int status, long bytes, string connection)
    {
        byte[] line = Encoding.UTF8.GetBytes($"{method} {status} {bytes} {connection}\n");
        lock (_gate)
        {
            RandomAccess.Write(_file, line, _end);
            _end += line.Length;
        }
    }

    public void Dispose() => _file.Dispose();
}

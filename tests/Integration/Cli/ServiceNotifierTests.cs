using System.Net.Sockets;
using System.Text;
using DataStoreFS.Cli.Daemon;

namespace Integration.Cli;

/// <summary>Sets the process's NOTIFY_SOCKET: the class is one collection, so its tests do not run at the same time.</summary>
public sealed class ServiceNotifierTests : IDisposable
{
    private readonly string? _before = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");

    public void Dispose() => Environment.SetEnvironmentVariable("NOTIFY_SOCKET", _before);

    [Fact]
    public void TheManagerIsToldInOneDatagram()
    {
        string path = Path.Combine(Path.GetTempPath(), $"dsfs-notify-{Guid.NewGuid():N}");
        using Socket manager = Listen(path, path);
        ServiceNotifier.Ready("mounted\non /mnt");
        Assert.Equal("READY=1\nSTATUS=mounted\\non /mnt", Receive(manager));
        File.Delete(path);
    }

    [Fact]
    public void AnAbstractSocketWorksToo()
    {
        string name = $"dsfs-notify-{Guid.NewGuid():N}";
        using Socket manager = Listen("\0" + name, "@" + name);
        ServiceNotifier.Stopping("unmounting");
        Assert.Equal("STOPPING=1\nSTATUS=unmounting", Receive(manager));
    }

    [Fact]
    public void WithoutAManagerNothingHappens()
    {
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        Assert.False(ServiceNotifier.Send("READY=1"));
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", "/nowhere/at/all");
        Assert.False(ServiceNotifier.Send("READY=1"));
    }

    private static Socket Listen(string address, string variable)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        socket.Bind(new UnixDomainSocketEndPoint(address));
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", variable);
        return socket;
    }

    private static string Receive(Socket socket)
    {
        byte[] buffer = new byte[1000];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}

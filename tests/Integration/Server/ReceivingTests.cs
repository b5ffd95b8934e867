using DataStoreFS.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Integration.Server;

public sealed class ReceivingTests
{
    [Fact]
    public async Task SocketsReceiveIntoLargeBlocks()
    {
        await using WebApplication application = Listening.Create(ServerFixture.Options("unused"));
        Assert.IsType<TransportMemory>(application.Services.GetRequiredService<IMemoryPoolFactory<byte>>());
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Integration.Server;

/// <summary>The recorded answers of the original server, asked again of ours over the same data.</summary>
public sealed class RecordedAnswersTests
{
    public static TheoryData<string> OfVersions => Names("versions-");

    public static TheoryData<string> OfNoDataset => ["unknown-dataset", "unknown-dataset-block", "no-listing", "root"];

    [Theory]
    [MemberData(nameof(OfVersions))]
    [MemberData(nameof(OfNoDataset))]
    public async Task AnswerIsTheOriginals(string name)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync(folder => Fixtures.Copy("server", folder));
        await RequireSameAsync(fixture, Recorded.Get(name));
    }

    /// <summary>The other recorded datasets are made anew by the requests that made them there; only their uuids differ.</summary>
    [Theory]
    [InlineData("small", "45ad06ff-b985-4cbd-b291-74dc45bad65e")]
    [InlineData("angles", "7452f66a-54af-4fe0-8802-f12ea6a05e5b")]
    [InlineData("regs", "fe750bea-3932-4ded-8fda-a7d7a77b06ac")]
    public async Task CreatedDatasetAnswersAsTheOriginals(string name, string recordedUuid)
    {
        string json = name switch { "small" => TestDatasets.Small, "angles" => TestDatasets.Angles, _ => TestDatasets.Registrations };
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string uuid = await fixture.Client.CreateAsync(json);
        await WriteRecordedBlocksAsync(fixture.Client, name, uuid);
        Recorded[] recorded = [.. Recorded.All.Where(r => r.Name.StartsWith(name + "-", StringComparison.Ordinal))];
        Assert.NotEmpty(recorded);
        foreach (Recorded expected in recorded)
        {
            await RequireSameAsync(fixture, expected.With(recordedUuid, uuid));
        }
    }

    /// <summary>The blocks that the recordings show, so that there is something to compare: what was read there is written here.</summary>
    private static async Task WriteRecordedBlocksAsync(HttpClient client, string name, string uuid)
    {
        string? path = name switch
        {
            "small" => $"/datasets/{uuid}/4/4/2/0/0/0/0/0/0/0",
            "angles" => $"/datasets/{uuid}/2/2/2/0/0/0/0/3/0/1",
            _ => null,
        };
        if (path is not null)
        {
            byte[] frames = Fixtures.Read(name == "small" ? "http/small-block-s2-000.bin" : "http/angles-block-coarsest-000-angle1.bin");
            Assert.Equal((200, string.Empty), await client.PostBlocksAsync(path, frames));
        }
    }

    private static async Task RequireSameAsync(ServerFixture fixture, Recorded expected)
    {
        using HttpRequestMessage request = new(new HttpMethod(expected.Method), expected.Target);
        request.Headers.Host = Recorded.Host;
        using HttpResponseMessage answer = await fixture.Client.SendAsync(request);
        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal((HttpStatusCode)expected.Status, answer.StatusCode);
        Assert.Equal(expected.Text, Encoding.Latin1.GetString(body));
        Assert.Equal(
            expected.Headers.GetValueOrDefault("Content-Type"),
            answer.Content.Headers.NonValidated.TryGetValues("Content-Type", out HeaderStringValues type) ? type.ToString() : null);
        Assert.Equal(expected.Headers.GetValueOrDefault("Location"), answer.Headers.Location?.OriginalString);
        Assert.Equal(
            expected.Headers.GetValueOrDefault("Allow"),
            answer.Content.Headers.TryGetValues("Allow", out IEnumerable<string>? allow) ? string.Join(", ", allow) : null);
        Assert.Equal(expected.Headers.GetValueOrDefault("Content-Encoding"), answer.Content.Headers.ContentEncoding.SingleOrDefault());
    }

    private static TheoryData<string> Names(string prefix)
    {
        TheoryData<string> names = [];
        foreach (Recorded recorded in Recorded.All.Where(r => r.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            names.Add(recorded.Name);
        }

        return names;
    }
}

/// <summary>One recorded exchange with the original server.</summary>
internal sealed record Recorded(string Name, string Method, string Target, int Status, IReadOnlyDictionary<string, string> Headers, string Text)
{
    /// <summary>The host that stands in the recordings.</summary>
    public const string Host = "datastore.example:9080";

    public static IReadOnlyList<Recorded> All { get; } = Read();

    public Recorded With(string recordedUuid, string uuid) => this with
    {
        Target = Target.Replace(recordedUuid, uuid, StringComparison.Ordinal),
        Text = Text.Replace(recordedUuid, uuid, StringComparison.Ordinal),
        Headers = Headers.ToDictionary(
            h => h.Key, h => h.Value.Replace(recordedUuid, uuid, StringComparison.Ordinal), StringComparer.OrdinalIgnoreCase),
    };

    public static Recorded Get(string name) => All.Single(r => r.Name == name);

    private static List<Recorded> Read()
    {
        using JsonDocument index = JsonDocument.Parse(Fixtures.Read("http/index.json"));
        return [.. index.RootElement.EnumerateArray().Select(entry =>
        {
            string[] request = entry.GetProperty("request").GetString()!.Split(' ');
            string? file = entry.GetProperty("bodyFile").GetString();
            return new Recorded(
                entry.GetProperty("name").GetString()!,
                request[0],
                request[1],
                entry.GetProperty("status").GetInt32(),
                entry.GetProperty("headers").EnumerateObject().ToDictionary(h => h.Name, h => h.Value.GetString()!, StringComparer.OrdinalIgnoreCase),
                file is null ? string.Empty : Encoding.Latin1.GetString(Fixtures.Read($"http/{file}")));
        })];
    }
}

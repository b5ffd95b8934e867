namespace Integration.Server;

/// <summary>Statuses and texts of what goes wrong, as the original answers; $ stands for a dataset of 65 x 64 x 33 voxels with version 0.</summary>
public sealed class StatusTests
{
    private const string Java = "Cannot invoke \"java.lang.Integer.intValue()\" because the return value of \"java.util.Map.get(Object)\" is null";
    private const string NoParameter = "RESTEASY003870: Unable to extract parameter from http request: javax.ws.rs.";

    public static TheoryData<string, int, string?> Requests => new()
    {
        { "GET /hello", 200, "<h1>Hello world</h1>" },
        { "GET /nothing/here", 404, "RESTEASY003210: Could not find resource for full path: HOST/nothing/here" },
        { "GET /datasets//$", 404, "RESTEASY003210: Could not find resource for full path: HOST/datasets//$" },
        { "PUT /datasets/$", 405, "" },
        { "GET /datasets/$/latest", 405, "" },
        { "GET /datasets/$/-5", 405, "" },
        { "GET /datasets/$/0/png", 405, "" },
        { "GET /datasets/$/all/png", 204, "" },
        { "GET /datasets/$/0/settings", 404, "settings.xml" },
        { "GET /datasets/$/9", 404, "Dataset with UUID = $ has no version 9" },
        { "GET /datasets/$/99999999999", 400, "For input string: \"99999999999\"" },
        { "GET /datasets/nobody/0", 404, "Dataset with UUID = nobody not found " },
        { "GET /datasets/..%2f..%2fetc/0", 404, "Dataset with UUID = ../../etc not found " },
        { "GET /datasets/..%2fetc/1/1/1/0/0/0/0/0/0/0", 500, "HTTP 500 Internal Server Error" },
        { "GET /datasets/.datastorefs/1/1/1/0/0/0/0/0/0/0", 500, "HTTP 500 Internal Server Error" },
        { "PUT /datasets/$/channels", 405, "" },
        { "DELETE /datasets/$/channels", 405, "" },
        { "PUT /datasets/$/0/x", 404, "Resource /datasets/$/0/x not found" },
        { "GET /datasets/$/1/1/1/0/stop", 400, "mode (stop) not supported" },
        { "POST /datasets/$/1/1/1/0/stop", 200, "" },
        { "GET /datasets/$/1/1/1/0/read", 307, "" },
        { "GET /datasets/$/1/1/1/9/read", 404, "version 9 not found" },
        { "GET /datasets/$/1/1/1/-1/write", 404, "version -1 not found" },
        { "GET /datasets/$/1/1/1/all/read", 400, "version (all) is not valid." },
        { "GET /datasets/$/1/1/1/new/read", 400, "READ mode is not valid for version new" },
        { "GET /datasets/$/1/1/1/mixedLatest/write", 400, "WRITE mode is not valid for version mixedLatest" },
        { "GET /datasets/$/1/1/1/mixedLatest/read-write", 307, "" },
        { "GET /datasets/$/a/1/1/0/read", 404, NoParameter + "PathParam(\"RxParam\") value is 'a'" },
        { "GET /datasets/$/1/1/1/0/read?timeout=abc", 404, NoParameter + "QueryParam(\"timeout\") value is 'abc'" },
        { "GET /datasets/$/1/1/1/0/read?timeout=-1", 307, "" },
        {
            "GET /datasets/nobody/7/7/7/77/",
            200,
            "{\"uuid\":\"nobody\",\"version\":77,\"mode\":\"READ_WRITE\",\"resolutionLevels\":[[7,7,7]],\"serverTimeout\":null}"
        },
        {
            "GET /datasets/$/1/1/1/mixedLatest",
            200,
            "{\"uuid\":\"$\",\"version\":-1,\"mode\":\"READ_WRITE\",\"resolutionLevels\":[[1,1,1]],\"serverTimeout\":null}"
        },
        { "GET /datasets/$/1/1/1/latest", 400, "For input string: \"latest\"" },
        { "GET /datasets/$/1/1/1/0/datatype/0/0/0", 200, "uint8" },
        { "GET /datasets/$/1/1/1/0/datatype/0/0/7", 400, "Channel=0 and angle=7 not found." },
        { "GET /datasets/$/1/1/1/0/0/0/0/0/0", 405, "" },
        { "GET /datasets/$/1/1/1/0/0/0/0/0/0/x", 404, NoParameter + "PathParam(\"ANGLE\") value is 'x'" },
        { "GET /datasets/$/1/1/1/0/0/0/0/0/3/0", 400, "Channel=3 and angle=0 not found." },
        { "GET /datasets/$/1/1/1/0/0/0/0/8/0/0", 500, Java },
        { "GET /datasets/$/3/3/3/0/0/0/0/0/0/0", 500, Java },
        { "GET /datasets/$/1/1/1/5/0/0/0/0/0/0", 500, Java },
        { "GET /datasets/$/1/1/1/5/0/0/0/0/0/9", 400, "Channel=0 and angle=9 not found." },
        { "GET /datasets/$/1/1/1/new/0/0/0/0/0/0", 400, "For input string: \"new\"" },
        { "GET /datasets/$/1/1/1/0/0/0/0/0/0/0/1/0/0/0/0/2147483648", 400, "For input string: \"2147483648\"" },
        { "GET /datasets/$/1/1/1/2/2/2/write", 501, "" },
        { "GET /bdv/$/latest", 400, "For input string: \"latest\"" },
        { "GET /bdv/$/9", 404, "Dataset with UUID = $ has no version 9" },
        { "GET /bdv/$/-1", 404, "Dataset with UUID = $ has no version -1" },
        { "GET /bdv/$/0?p=other", 400, "" },
        { "GET /bdv/$/0/settings", 404, "settings.xml" },
        { "GET /oauth2/nobody", 404, "OAuth server with name=\"nobody\" is not registered" },
        { "DELETE /datasets/$/latest", 400, "latest is not correct version" },
        { "DELETE /datasets/$/7", 404, "Dataset with uuid=$ does not have version 7" },
        { "DELETE /datasets/$/0", 406, "Version 0 is the last version in dataset $" },
        { "GET /datasets/$/0/delete", 406, "Version 0 is the last version in dataset $" },
        { "DELETE /datasets/nobody/0", 404, "Dataset with uuid=nobody does not have version 0" },
        { "DELETE /datasets/nobody", 500, "Dataset with UUID = nobody not found " },
        { "POST /datasets/$", 409, "Dataset with uuid $ is already added." },
        { "POST /datasets/nobody", 404, "Dataset with uuid nobody  was not located in storage " },
        { "POST /datasets/", 501, "RESTEASY003065: Cannot consume content type" },
        { "POST /stop", 403, null },
        { "PATCH /datasets/$/0/0/0/latest/rebuild", 404, NoParameter + "PathParam(\"versionParam\") value is 'latest'" },
        { "GET /0/0/0/0/0/0", 500, null },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task AnswerIsTheOriginals(string request, int status, string? text)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string uuid = await fixture.Client.CreateAsync(TestDatasets.Simple());
        string host = fixture.Server.Url.GetLeftPart(UriPartial.Authority);
        string[] parts = request.Replace("$", uuid, StringComparison.Ordinal).Split(' ');
        (int Status, string Text) answer = await fixture.Client.AskAsync(parts[0], parts[1]);
        Assert.Equal(status, answer.Status);
        if (text is not null)
        {
            Assert.Equal(text.Replace("$", uuid, StringComparison.Ordinal), answer.Text.Replace(host, "HOST", StringComparison.Ordinal));
        }
    }
}

namespace DataStoreFS.Mounting.Files;

/// <summary>What answers for one volume's tree that can only be read.</summary>
internal sealed class TreeHandlers
{
    public TreeHandlers(TreeContext context)
    {
        BlockReader reader = new(context);
        Existence existence = new(context, reader);
        Context = context;
        Lookups = new LookupHandler(context, existence);
        Listings = new ListingHandler(context, existence, Lookups);
        Files = new OpenHandler(context, reader);
    }

    public TreeContext Context { get; }
    public LookupHandler Lookups { get; }
    public ListingHandler Listings { get; }
    public OpenHandler Files { get; }
}

namespace DataStoreFS.Server.SpimData;

/// <summary>Row-packed 3x4 affines as texts.</summary>
internal static class Affine
{
    public static readonly string Identity = SpimNumber.Join([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);

    /// <summary>The product in the order given: the first is applied last.</summary>
    public static string Concatenate(IEnumerable<string> affines)
    {
        double[] product = SpimNumber.ParseAffine(Identity);
        foreach (string affine in affines)
        {
            product = Multiply(product, SpimNumber.ParseAffine(affine));
        }

        return SpimNumber.Join(product);
    }

    private static double[] Multiply(double[] left, double[] right)
    {
        double[] product = new double[12];
        for (int row = 0; row < 3; row++)
        {
            for (int column = 0; column < 4; column++)
            {
                double sum = column == 3 ? left[(row * 4) + 3] : 0;
                for (int k = 0; k < 3; k++)
                {
                    sum += left[(row * 4) + k] * right[(k * 4) + column];
                }

                product[(row * 4) + column] = sum;
            }
        }

        return product;
    }
}

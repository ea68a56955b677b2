using Ark.Evaluation;

namespace Ark.Tests.Training;

public class LbfgsTests
{
    [Fact]
    public void Minimise_finds_the_minimum_of_a_narrow_valley()
    {
        double[] point = [-1.2, 1];
        Lbfgs.Minimise(
            (x, gradient) =>
            {
                var (a, b) = (x[1] - (x[0] * x[0]), 1 - x[0]);
                gradient[0] = (-400 * x[0] * a) - (2 * b);
                gradient[1] = 200 * a;
                return (100 * a * a) + (b * b);
            },
            point,
            iterations: 200,
            tolerance: 1e-9);
        Assert.All(point, x => Assert.Equal(1, x, 1e-6));
    }
}

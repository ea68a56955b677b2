using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>Equality with OpenCV is tested with the reference; what holds of every resampler, in <see cref="PilResizeTests"/>.</summary>
public class CvResizeTests
{
    [Fact]
    public void CvResize_halves_by_the_rounded_mean_of_four()
    {
        var result = new byte[1];
        CvResize.Linear(new Bitmap([1, 2, 3, 4], 2, 2, 1), result, 1, 1);
        Assert.Equal(3, result[0]);
    }
}

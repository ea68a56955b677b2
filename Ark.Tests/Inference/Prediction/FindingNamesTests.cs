using Ark.Inference;

namespace Ark.Tests.Inference;

public class FindingNamesTests
{
    [Theory]
    [InlineData("PE", "Effusion", true)]
    [InlineData("Pleural_Thickening", "pleural thickening", true)]
    [InlineData("TB", "Tuberculosis", true)]
    [InlineData("Normal", "No Finding", true)]
    [InlineData("Mass", "Nodule", false)]
    [InlineData("Lung Lesion", "Lung tumor", false)]
    [InlineData("Pleural Effusion", "Pleural Other", false)]
    public void Names_mean_the_same_finding_only_where_the_table_says_so(string one, string other, bool same) =>
        Assert.Equal(same, FindingNames.AreSame(one, other));
}

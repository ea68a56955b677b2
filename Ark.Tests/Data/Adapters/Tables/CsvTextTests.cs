using Ark.Data;

namespace Ark.Tests.Data;

public class CsvTextTests
{
    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-a.png", "'-a.png")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\r=1", "'\r=1")]
    [InlineData("'=1", "''=1")]
    [InlineData("''@", "'''@")]
    [InlineData("a=1", "a=1")]
    [InlineData("'a", "'a")]
    [InlineData("'", "'")]
    [InlineData("", "")]
    public void What_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe_and_comes_back(string text, string written)
    {
        Assert.Equal(written, CsvText.Escaped(text));
        Assert.Equal(text, CsvText.Meant(written));
    }
}

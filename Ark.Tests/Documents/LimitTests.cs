using System.Globalization;
using System.Reflection;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;

namespace Ark.Tests.Documents;

/// <summary>The table of limits says what the code does.</summary>
public class LimitTests
{
    private static readonly Assembly[] Libraries =
    [
        typeof(ArkInputException).Assembly, typeof(NetVipsImageDecoder).Assembly, typeof(ArkOptions).Assembly,
        typeof(PredictionFile).Assembly,
    ];

    public static TheoryData<string, string> Rows()
    {
        var rows = new TheoryData<string, string>();
        foreach (var line in File.ReadAllLines(Document.PathOf("docs/reliability.md"))
            .SkipWhile(l => l != "## Limits and budgets").Skip(1)
            .TakeWhile(l => !l.StartsWith("## ", StringComparison.Ordinal))
            .Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Skip(1))
        {
            var cells = line.Trim('|', ' ').Split(" | ");
            rows.Add(cells[2].Trim('`'), cells[1]);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_row_has_the_value_of_the_code(string where, string limit)
    {
        var (type, member) = where.Split('.') is [var first, var second] ? (first, second) : throw new FormatException(where);
        var found = Assert.Single(Libraries.SelectMany(l => l.GetTypes()), t => t.Name == type);
        Assert.Equal(ValueOf(limit), Convert.ToInt64(ValueOf(found, member), CultureInfo.InvariantCulture));
    }

    [Fact]
    public void No_limit_of_pickles_and_Parquet_is_left_out()
    {
        var told = Rows().Select(r => r.Data.Item1).ToHashSet(StringComparer.Ordinal);
        Assert.True(told.Count > 30);
        foreach (var limit in (string[])["Opcodes", "Memory", "StepsPerByte", "FreeSteps", "Depth", "Tensors", "Bytes"])
            Assert.Contains("PickleLimits." + limit, told);
    }

    private static object? ValueOf(Type type, string member)
    {
        const BindingFlags any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;
        return type.GetField(member, any) is { IsLiteral: true } constant
            ? constant.GetRawConstantValue()
            : type.GetProperty(member, any)!.GetValue(Activator.CreateInstance(type));
    }

    private static long ValueOf(string text)
    {
        var number = text.Split(' ')[0].Replace(",", "", StringComparison.Ordinal);
        return long.Parse(number, CultureInfo.InvariantCulture) * (text.EndsWith(" MB", StringComparison.Ordinal) ? 1 << 20 : 1);
    }
}

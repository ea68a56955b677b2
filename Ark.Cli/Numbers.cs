using System.CommandLine.Parsing;
using System.Globalization;

namespace Ark.Cli;

/// <summary>Reads numbers of options: with a decimal point whatever the culture, and refused by name where they are out of range.</summary>
internal static class Numbers
{
    /// <summary>A finite number.</summary>
    public static double ParseDouble(ArgumentResult result)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            return number;
        result.AddError($"Cannot read '{text}' as a number.");
        return 0;
    }

    /// <summary>Finite numbers.</summary>
    public static double[] ParseDoubles(ArgumentResult result)
    {
        var numbers = new double[result.Tokens.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (double.TryParse(result.Tokens[i].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i])
                && double.IsFinite(numbers[i]))
                continue;
            result.AddError($"Cannot read '{result.Tokens[i].Value}' as a number.");
        }

        return numbers;
    }

    /// <summary>Checks a lower bound.</summary>
    public static int AtLeast(int least, int value, string option) =>
        value >= least ? value : throw CommandLineError.Of(option, $"{value} is too few", $"Give at least {least}.");
}

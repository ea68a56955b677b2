using System.ComponentModel;
using System.Globalization;

namespace Ark;

/// <summary>Lets configuration call the values what files call them, besides the names that they have in code.</summary>
internal sealed class NormalizationConverter() : EnumConverter(typeof(Normalization))
{
    /// <inheritdoc/>
    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string name && NormalizationNames.Find(name) is { } known ? known : base.ConvertFrom(context, culture, value);
}

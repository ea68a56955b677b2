using System.Reflection;

namespace ApiReference;

/// <summary>Members as one writes them in C#, without namespaces.</summary>
internal static class Signature
{
    private static readonly Dictionary<Type, string> Words = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    public static string Of(MemberInfo member) => member switch
    {
        FieldInfo field => field.DeclaringType!.IsEnum ? field.Name : $"{Name(field.FieldType)} {field.Name}",
        PropertyInfo property => $"{Name(property.PropertyType)} {property.Name} {{ "
            + $"{(property.GetMethod?.IsPublic == true ? "get; " : "")}{(property.SetMethod?.IsPublic == true ? Setter(property) : "")}}}",
        ConstructorInfo constructor => $"{Simple(constructor.DeclaringType!)}({Parameters(constructor)})",
        MethodInfo method => $"{(method.IsStatic ? "static " : "")}{Name(method.ReturnType)} "
            + $"{method.Name}{Generics(method.GetGenericArguments())}({Parameters(method)})",
        _ => member.Name,
    };

    public static string Name(Type type)
    {
        if (type.IsByRef) return Name(type.GetElementType()!);
        if (Words.TryGetValue(type, out var word)) return word;
        if (type.IsArray) return $"{Name(type.GetElementType()!)}[]";
        if (Nullable.GetUnderlyingType(type) is { } value) return $"{Name(value)}?";
        return type.IsGenericType ? Simple(type) + Generics(type.GetGenericArguments()) : type.Name;
    }

    private static string Simple(Type type) => type.Name.Split('`')[0];

    private static string Generics(Type[] arguments) => arguments.Length == 0 ? "" : $"<{string.Join(", ", arguments.Select(Name))}>";

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method
            .GetParameters()
            .Select(p => $"{(p.IsOut ? "out " : "")}{Name(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? " = …" : "")}"));

    private static string Setter(PropertyInfo property) =>
        property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers().Any(m => m.Name == "IsExternalInit") ? "init; " : "set; ";
}

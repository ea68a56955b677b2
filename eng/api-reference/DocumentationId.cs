using System.Reflection;

namespace ApiReference;

/// <summary>The names under which the compiler files the comments of types and members.</summary>
internal static class DocumentationId
{
    public static string Of(Type type) => "T:" + Plain(type);

    public static string Of(MemberInfo member) => member switch
    {
        Type type => Of(type),
        FieldInfo field => $"F:{Plain(field.DeclaringType!)}.{field.Name}",
        EventInfo happening => $"E:{Plain(happening.DeclaringType!)}.{happening.Name}",
        PropertyInfo property => $"P:{Plain(property.DeclaringType!)}.{property.Name}{Parameters(property.GetIndexParameters())}",
        MethodBase method =>
            $"M:{Plain(method.DeclaringType!)}.{method.Name.Replace('.', '#')}{Arity(method)}{Parameters(method.GetParameters())}",
        _ => throw new ArgumentException(member.ToString(), nameof(member)),
    };

    private static string Arity(MethodBase method) => method.IsGenericMethod ? $"``{method.GetGenericArguments().Length}" : "";

    private static string Parameters(ParameterInfo[] parameters) =>
        parameters.Length == 0 ? "" : $"({string.Join(',', parameters.Select(p => InSignature(p.ParameterType)))})";

    private static string Plain(Type type) =>
        type.IsGenericType
            ? (type.GetGenericTypeDefinition().FullName ?? type.Name).Replace('+', '.')
            : (type.FullName ?? type.Name).Replace('+', '.');

    private static string InSignature(Type type)
    {
        if (type.IsByRef) return InSignature(type.GetElementType()!) + "@";
        if (type.IsArray)
            return InSignature(type.GetElementType()!) + (type.GetArrayRank() == 1
                ? "[]"
                : $"[{string.Join(',', Enumerable.Repeat("0:", type.GetArrayRank()))}]");
        if (type.IsGenericParameter) return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        if (!type.IsGenericType) return Plain(type);
        var name = Plain(type);
        return $"{name[..name.LastIndexOf('`')]}{{{string.Join(',', type.GetGenericArguments().Select(InSignature))}}}";
    }
}

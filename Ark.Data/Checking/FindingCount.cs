namespace Ark.Data;

/// <summary>How often a table names a finding that is no label.</summary>
/// <param name="Name">The finding, as the table has it first.</param>
/// <param name="Rows">The rows that name it.</param>
public sealed record FindingCount(string Name, int Rows);

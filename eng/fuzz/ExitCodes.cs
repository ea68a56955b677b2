namespace Ark.Fuzz;

internal static class ExitCodes
{
    public const int Sound = 0;
    public const int Findings = 1;
    public const int Usage = 2;
    public const int Hang = 3;
}

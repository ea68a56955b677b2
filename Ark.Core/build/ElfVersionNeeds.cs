// Compiled twice: by MSBuild inside Ark.Core.targets (RoslynCodeTaskFactory, netstandard2.0 references), and into the tests.
using System;
using System.IO;
using System.Text;

namespace Ark.Build
{
    /// <summary>What came of asking for a version requirement to be made weak.</summary>
    public enum WeakenOutcome
    {
        /// <summary>The entry was there and is weak now.</summary>
        Weakened,

        /// <summary>The entry was weak before; nothing was changed.</summary>
        AlreadyWeak,

        /// <summary>The library does not ask for that version; nothing was changed.</summary>
        NotRequired,

        /// <summary>
        /// Symbols other than the expected one are bound to that version: making it weak could hide a real need; nothing was changed.
        /// </summary>
        NeededByOtherSymbols,
    }

    /// <summary>
    /// The version requirements (<c>.gnu.version_r</c>) of a 64-bit little-endian ELF shared library. A requirement marked weak
    /// (<c>VER_FLG_WEAK</c>) lets the dynamic loader go on where the installed library does not define that version.
    /// Layouts: System V ABI, "Symbol Versioning" (Linux Standard Base, core specification, chapter 10.7).
    /// </summary>
    public static class ElfVersionNeeds
    {
        private const uint SectionDynSym = 11;
        private const uint SectionVersionNeed = 0x6ffffffe;
        private const uint SectionVersionSymbols = 0x6fffffff;
        private const ushort FlagWeak = 0x2;

        /// <summary>Marks one version requirement weak, in place.</summary>
        /// <param name="elf">The library's bytes.</param>
        /// <param name="version">The version's name, as <c>GLIBCXX_3.4.32</c>.</param>
        /// <param name="onlySymbol">The one symbol that may be bound to it.</param>
        /// <returns>What came of it; <paramref name="elf"/> is changed only for <see cref="WeakenOutcome.Weakened"/>.</returns>
        /// <exception cref="InvalidDataException">The bytes are no 64-bit little-endian ELF file with section headers, or are
        /// damaged.</exception>
        public static WeakenOutcome Weaken(byte[] elf, string version, string onlySymbol)
        {
            if (elf.Length < 64 || elf[0] != 0x7f || elf[1] != (byte)'E' || elf[2] != (byte)'L' || elf[3] != (byte)'F')
                throw new InvalidDataException("is not an ELF file");
            if (elf[4] != 2 || elf[5] != 1) throw new InvalidDataException("is not a 64-bit little-endian ELF file");

            int needs = FindSection(elf, SectionVersionNeed);
            if (needs < 0) return WeakenOutcome.NotRequired;
            int strings = SectionHeader(elf, checked((int)U32(elf, needs + 40)));
            long aux = FindRequirement(elf, Offset(elf, needs), U32(elf, needs + 44), Offset(elf, strings), version);
            if (aux < 0) return WeakenOutcome.NotRequired;
            ushort flags = U16(elf, aux + 4);
            if ((flags & FlagWeak) != 0) return WeakenOutcome.AlreadyWeak;
            if (!IsBoundOnlyTo(elf, U16(elf, aux + 6), onlySymbol)) return WeakenOutcome.NeededByOtherSymbols;
            elf[checked((int)(aux + 4))] = (byte)(flags | FlagWeak);
            return WeakenOutcome.Weakened;
        }

        // Elf64_Verneed { u16 version, count; u32 file, aux, next } and Elf64_Vernaux { u32 hash; u16 flags, other; u32 name, next }.
        private static long FindRequirement(byte[] elf, long need, uint libraries, long strings, string version)
        {
            for (uint i = 0; i < libraries; i++)
            {
                long aux = need + U32(elf, need + 8);
                for (int j = U16(elf, need + 2); j > 0; j--)
                {
                    if (Text(elf, strings + U32(elf, aux + 8)) == version) return aux;
                    aux += U32(elf, aux + 12);
                }

                need += U32(elf, need + 12);
            }

            return -1;
        }

        private static bool IsBoundOnlyTo(byte[] elf, ushort versionIndex, string onlySymbol)
        {
            int symbols = FindSection(elf, SectionDynSym);
            int versions = FindSection(elf, SectionVersionSymbols);
            if (symbols < 0 || versions < 0) throw new InvalidDataException("has no dynamic symbol table");
            long names = Offset(elf, SectionHeader(elf, checked((int)U32(elf, symbols + 40))));
            long count = Size(elf, versions) / 2;
            for (long i = 0; i < count; i++)
            {
                if ((U16(elf, Offset(elf, versions) + (2 * i)) & 0x7fff) != versionIndex) continue;
                if (Text(elf, names + U32(elf, Offset(elf, symbols) + (24 * i))) != onlySymbol) return false;
            }

            return true;
        }

        private static int FindSection(byte[] elf, uint type)
        {
            for (int i = 0; i < U16(elf, 60); i++)
            {
                int header = SectionHeader(elf, i);
                if (U32(elf, header + 4) == type) return header;
            }

            return -1;
        }

        private static int SectionHeader(byte[] elf, int index)
        {
            if (U64(elf, 40) == 0) throw new InvalidDataException("has no section headers");
            if (index >= U16(elf, 60)) throw new InvalidDataException("is damaged: it names a section that it does not have");
            return checked((int)(U64(elf, 40) + ((long)index * U16(elf, 58))));
        }

        private static long Offset(byte[] elf, int header)
        {
            return U64(elf, header + 24);
        }

        private static long Size(byte[] elf, int header)
        {
            return U64(elf, header + 32);
        }

        private static ushort U16(byte[] elf, long at)
        {
            return BitConverter.ToUInt16(elf, Checked(elf, at, 2));
        }

        private static uint U32(byte[] elf, long at)
        {
            return BitConverter.ToUInt32(elf, Checked(elf, at, 4));
        }

        private static long U64(byte[] elf, long at)
        {
            return BitConverter.ToInt64(elf, Checked(elf, at, 8));
        }

        private static int Checked(byte[] elf, long at, int width)
        {
            if (at < 0 || at > elf.Length - width) throw new InvalidDataException("is damaged: it points outside itself");
            return (int)at;
        }

        private static string Text(byte[] elf, long at)
        {
            int start = Checked(elf, at, 1);
            int end = Array.IndexOf(elf, (byte)0, start);
            if (end < 0) throw new InvalidDataException("is damaged: a name has no end");
            return Encoding.ASCII.GetString(elf, start, end - start);
        }
    }

#if !ARK_TESTS
    /// <summary>Writes a copy of a shared library in which one version requirement is weak.</summary>
    public sealed class WeakenElfVersionNeed : Microsoft.Build.Utilities.Task
    {
        /// <summary>The library to copy; never changed.</summary>
        [Microsoft.Build.Framework.Required]
        public string Source { get; set; }

        /// <summary>Where the copy goes.</summary>
        [Microsoft.Build.Framework.Required]
        public string Destination { get; set; }

        /// <summary>The version to mark weak.</summary>
        [Microsoft.Build.Framework.Required]
        public string Version { get; set; }

        /// <summary>The one symbol that may be bound to the version.</summary>
        [Microsoft.Build.Framework.Required]
        public string OnlySymbol { get; set; }

        /// <inheritdoc/>
        public override bool Execute()
        {
            try
            {
                byte[] elf = File.ReadAllBytes(Source);
                Report(ElfVersionNeeds.Weaken(elf, Version, OnlySymbol));
                // A new file renamed over the old one: the destination may be a hard link to somebody else's file.
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(Destination)));
                string aside = Destination + "." + Guid.NewGuid().ToString("N");
                File.WriteAllBytes(aside, elf);
                File.Delete(Destination);
                File.Move(aside, Destination);
                return true;
            }
            catch (Exception e) when (e is IOException || e is InvalidDataException || e is UnauthorizedAccessException)
            {
                Log.LogError(null, "ARK0001", null, Source, 0, 0, 0, 0, "The native library could not be prepared for older Linux "
                + "distributions: it "
                    + e.Message + ". Set ArkPrepareNativeRuntime to false to build without this step.");
                return false;
            }
        }

        private void Report(WeakenOutcome outcome)
        {
            string name = Path.GetFileName(Source);
            switch (outcome)
            {
                case WeakenOutcome.Weakened:
                    Log.LogMessage(
                        Microsoft.Build.Framework.MessageImportance.Normal,
                        "Ark: {0} asks for {1}; the copy for the output has that mark made weak.",
                        name,
                        Version);
                    break;
                case WeakenOutcome.NeededByOtherSymbols:
                    Log.LogWarning(null, "ARK0002", null, Source, 0, 0, 0, 0, "{0} really uses symbols of {1}, so the mark was left as it "
                        + "is: it needs a libstdc++ of GCC 13 or newer at run time.", name, Version);
                    break;
                default:
                    Log.LogMessage(
                        Microsoft.Build.Framework.MessageImportance.Normal,
                        "Ark: {0} does not insist on {1}; it is used as it is.",
                        name,
                        Version);
                    break;
            }
        }
    }
#endif
}

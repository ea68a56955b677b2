using Ark.Models;

namespace Ark.Tests.Models;

public unsafe class TranspositionTests
{
    [Fact]
    public void Rows_become_columns_by_wide_registers_and_by_blocks()
    {
        var from = Enumerable.Range(0, 16 * 20).Select(i => (float)i).ToArray();
        float[] wide = new float[16 * 17], blocks = new float[16 * 17];
        fixed (float* source = from, a = wide, b = blocks)
        {
            Transposition.Run(source, 20, a, 17);
            Transposition.RunBlocks(source, 20, b, 17);
        }

        for (var row = 0; row < 16; row++)
        {
            for (var column = 0; column < 16; column++)
            {
                Assert.Equal(from[(row * 20) + column], wide[(column * 17) + row]);
                Assert.Equal(from[(row * 20) + column], blocks[(column * 17) + row]);
            }
        }
    }
}

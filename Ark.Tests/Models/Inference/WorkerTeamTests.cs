using Ark.Models;

namespace Ark.Tests.Models;

public class WorkerTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void Run_shares_every_piece_of_every_phase_out_once_when_threads_outnumber_cores(int threads)
    {
        const int phases = 500;
        const int pieces = 7;
        var done = new int[phases * pieces];
        new WorkerTeam().Run(threads, worker =>
        {
            for (var phase = 0; phase < phases; phase++)
            {
                for (var piece = worker.Next(); piece < pieces; piece = worker.Next())
                    Interlocked.Increment(ref done[(phase * pieces) + piece]);
                worker.Meet();
                // Nobody is in this phase while somebody is still in the one before.
                for (var piece = 0; piece < pieces; piece++) Assert.Equal(1, Volatile.Read(ref done[(phase * pieces) + piece]));
            }
        });
        Assert.All(done, d => Assert.Equal(1, d));
    }

    [Fact]
    public void Run_wakes_threads_that_went_to_sleep_over_a_slow_one()
    {
        var team = new WorkerTeam();
        var finished = 0;
        team.Run(3, worker =>
        {
            for (var phase = 0; phase < 20; phase++)
            {
                if (worker.Index == phase % 3) WaitForSleepers(team);
                worker.Meet();
            }

            Interlocked.Increment(ref finished);
        });
        Assert.Equal((3, 0), (finished, team.Sleeping));
    }

    [Fact]
    public void Run_throws_what_a_thread_threw_when_the_others_sleep()
    {
        var team = new WorkerTeam();
        for (var round = 0; round < 3; round++)
        {
            var error = Assert.Throws<InvalidDataException>(() => team.Run(3, worker =>
            {
                if (worker.Index == 1)
                {
                    WaitForSleepers(team);
                    throw new InvalidDataException("one");
                }

                worker.Meet();
            }));
            Assert.Equal("one", error.Message);
        }

        var count = 0;
        team.Run(3, worker =>
        {
            worker.Meet();
            Interlocked.Increment(ref count);
        });
        Assert.Equal(3, count);
    }

    // Until the others sleep, whatever time that takes; a thread that never does shall fail and not hang.
    private static void WaitForSleepers(WorkerTeam team) =>
        Assert.True(SpinWait.SpinUntil(() => team.Sleeping == 2, TimeSpan.FromMinutes(5)), "The others do not sleep.");
}

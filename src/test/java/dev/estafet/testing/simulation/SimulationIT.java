package dev.estafet.testing.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.testing.simulation.Simulator.Report;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/**
 * Whatever crashes, is lost or hangs, and whenever: never two primaries, no acknowledged commit lost, and in the end all is
 * whole. Random schedules of one switchover each, on the production classes. An IT for its length, not for what it needs.
 *
 * <p>{@code -Destafet.simulation.schedules=N} runs more or fewer; {@code -Destafet.simulation.seed=S} runs that one and
 * tells what happens in it.
 */
class SimulationIT {

    private static final long SCHEDULES = Long.getLong("estafet.simulation.schedules", 100_000);
    private static final Long SEED = Long.getLong("estafet.simulation.seed");
    private static final int MOST_TOLD = 5;
    /** With fewer schedules not everything comes about. */
    private static final long ENOUGH = 50_000;

    @Test
    void invariantsHoldInEverySchedule() throws InterruptedException {
        var simulator = Weaver.simulator(Mutation.NONE);
        if (SEED != null) {
            var report = simulator.run(SEED, true);
            report.trace().forEach(System.out::println);
            assertThat(report.violation()).isNull();
            return;
        }

        var begin = System.nanoTime();
        var campaign = Campaign.run(simulator, SCHEDULES, MOST_TOLD);

        System.out.printf(
                "Simulation: %d schedules in %.0f s: %s%n",
                campaign.schedules(), (System.nanoTime() - begin) / 1e9, outcomes(campaign));
        assertThat(campaign.violations().stream().map(SimulationIT::told)).isEmpty();
        if (SCHEDULES >= ENOUGH) {
            requireCoverage(campaign);
        }
    }

    @Test
    void aSeedIsASchedule() {
        var simulator = Weaver.simulator(Mutation.NONE);

        for (long seed = 1; seed <= 20; seed++) {
            assertThat(simulator.run(seed, true).trace())
                    .isNotEmpty()
                    .isEqualTo(simulator.run(seed, true).trace());
        }
    }

    private static String told(Report report) {
        return "seed %d (replay: -Destafet.simulation.seed=%1$d): %s".formatted(report.seed(), report.violation());
    }

    /** Without the faults, which are too many to be read. */
    private static TreeMap<String, Long> outcomes(Campaign campaign) {
        var outcomes = new TreeMap<>(campaign.happened());
        outcomes.keySet().removeIf(what -> what.contains("@"));
        return outcomes;
    }

    /** A simulation in which nothing happens would hold every invariant. */
    private static void requireCoverage(Campaign campaign) {
        for (var outcome : List.of(
                "switchover completed committed",
                "switchover failed",
                "switchover failed committed",
                "switchover interrupted",
                "switchover cancelled",
                "a person was asked",
                "refused: OPERATION_IN_PROGRESS",
                "rejoin completed")) {
            assertThat(campaign.count(outcome)).as(outcome).isGreaterThan(SCHEDULES / 1000);
        }
        for (var phase : List.of(
                "enlist",
                "preflight",
                "checkpoint",
                "prepare",
                "demote",
                "prove",
                "commit",
                "promote",
                "verify",
                "follow",
                "synchronise",
                "tidy",
                "complete")) {
            assertThat(count(campaign, it -> it.endsWith("@" + phase)))
                    .as("faults in %s", phase)
                    .isGreaterThan(SCHEDULES / 2500);
        }
        for (var fault : Faults.Kind.values()) {
            assertThat(count(campaign, it -> it.startsWith(fault + "@")))
                    .as("%s", fault)
                    .isGreaterThan(SCHEDULES / 50);
        }
    }

    private static long count(Campaign campaign, Predicate<String> what) {
        return campaign.happened().entrySet().stream()
                .filter(it -> what.test(it.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }
}

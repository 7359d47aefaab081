package dev.estafet.testing.simulation;

import java.util.List;

/** Runs schedules; the one thing that both sides of the weaving class loader know. */
@FunctionalInterface
public interface Simulator {

    /** Runs the schedule of that seed to its end. */
    Report run(long seed, boolean traced);

    /**
     * What came of a schedule.
     *
     * @param violation of an invariant, the first; absent where all hold
     * @param happened what it was made of, for the count of what was covered
     * @param trace what happened, where that was asked for
     */
    record Report(long seed, String violation, List<String> happened, List<String> trace, long steps) {}
}

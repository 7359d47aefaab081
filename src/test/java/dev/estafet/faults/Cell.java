package dev.estafet.faults;

import java.util.Optional;

/**
 * One fault at one point of a switchover.
 *
 * @param fault what happens
 * @param phase when
 * @param committed whether the switchover must go forward then; nothing where both are right
 * @param strike lets it happen
 */
record Cell(String fault, String phase, Optional<Boolean> committed, Strike strike) {

    /** Lets a fault happen in a switchover that it begins, and mends what the service cannot. */
    @FunctionalInterface
    interface Strike {
        void on(Scene scene);
    }

    @Override
    public String toString() {
        return fault + " @ " + phase;
    }
}

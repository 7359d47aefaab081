package dev.estafet.testing.simulation;

/** Entry on the woven side. */
public final class Schedules implements Simulator {

    public Schedules(String mutation) {
        Woven.MUTATION = Mutation.valueOf(mutation);
        java.util.logging.Logger.getLogger("dev.estafet").setLevel(java.util.logging.Level.OFF);
    }

    @Override
    public Report run(long seed, boolean traced) {
        return new Schedule(seed, traced).run();
    }
}

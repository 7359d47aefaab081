package dev.estafet.testing.simulation;

import java.util.HashSet;
import java.util.Set;

/** What lies between the machines: slow now and then, and while it is bad it loses, delays and repeats messages. */
final class Network {

    private final World world;
    private final Set<String> cut = new HashSet<>();
    /** Of each message, while it is bad. */
    double badness;

    Network(World world) {
        this.world = world;
    }

    void cut(Machine from, Machine to) {
        cut.add(from.name + ">" + to.name);
    }

    void mend() {
        cut.clear();
        badness = 0;
    }

    boolean reaches(Machine from, Machine to) {
        return from == to || to.isPowered && (cut.isEmpty() || !cut.contains(from.name + ">" + to.name));
    }

    long latency() {
        return world.skewed(50 * World.MICRO, 3 * World.MILLI);
    }

    boolean loses() {
        return badness > 0 && world.chance(badness);
    }

    boolean repeats() {
        return badness > 0 && world.chance(badness);
    }

    /** Some come much too late. */
    long delay() {
        return badness > 0 && world.chance(badness) ? world.skewed(10 * World.MILLI, 20 * World.SECOND) : latency();
    }
}

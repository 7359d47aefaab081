package dev.estafet.testing.simulation;

import dev.estafet.ProblemException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** What must hold whatever happens; the first thing that does not ends the schedule. */
final class Invariants {

    private static final long UNTIL_STOPPED = 4 * World.SECOND;

    private final Cluster cluster;
    private final List<String> acknowledged = new ArrayList<>();
    String violation;

    Invariants(Cluster cluster) {
        this.cluster = cluster;
    }

    void violated(String what) {
        if (violation == null) {
            violation = what;
            cluster.world.trace("!!!", () -> what);
        }
    }

    /** Never two writable nodes, and no acknowledged commit missing on the one that is. */
    void onPrimary(Postgres server) {
        for (var machine : cluster.machines) {
            if (machine.server != server && machine.server.takesWrites()) {
                violated("two primaries: %s and %s".formatted(machine.name, server.machine.name));
            }
        }
        requireAll(server);
    }

    void requireAll(Postgres server) {
        var held = new HashSet<String>();
        server.wal.entries().forEach(entry -> held.add(entry.commit()));
        for (var commit : acknowledged) {
            if (!held.contains(commit)) {
                violated("the acknowledged commit %s is missing on %s".formatted(commit, server.machine.name));
                return;
            }
        }
    }

    void onAcknowledged(Postgres server, String commit) {
        acknowledged.add(commit);
    }

    int acknowledged() {
        return acknowledged.size();
    }

    /** Never two labels that say writable. */
    void look() {
        cluster.machines.forEach(this::lookAtDemoted);
        var writable = cluster.machines.stream()
                .filter(it ->
                        it.service != null && it.service.isListening && it.service.frozenUntil <= cluster.world.now())
                .filter(it -> it.service.isWritable())
                .map(it -> it.name)
                .toList();
        if (writable.size() > 1) {
            violated("more than one is labelled writable: " + writable);
        }
    }

    /** What runs as primary although it was demoted is stopped, as soon as its service finds it so. */
    private void lookAtDemoted(Machine machine) {
        var now = cluster.world.now();
        var runsOn = machine.isUp()
                && machine.server.takesWrites()
                && machine.service.frozenUntil <= now
                && !machine.server.isFrozen()
                && !machine.diskFails()
                && machine.service.isDemoted();
        if (!runsOn) {
            machine.demotedSince = Long.MAX_VALUE;
            return;
        }
        machine.demotedSince = Math.min(machine.demotedSince, now);
        if (now - machine.demotedSince > UNTIL_STOPPED) {
            violated(machine.name + " was demoted and takes writes");
        }
    }

    /** What nobody foresaw in the service's own loops. */
    void onUnexpected(Machine machine, RuntimeException failure) {
        if (!(failure instanceof ProblemException) && !(failure instanceof UncheckedIOException)) {
            violated("%s met an unexpected failure: %s".formatted(machine.name, Failures.inWords(failure)));
        }
    }

    void onFailedCall(Machine machine, RuntimeException failure) {
        onUnexpected(machine, failure);
    }

    void onFailedStart(Machine machine, RuntimeException failure) {
        if (!machine.diskFails()) {
            violated("%s's service does not start: %s".formatted(machine.name, Failures.inWords(failure)));
        }
    }

    /** How a failure looks in one line. */
    private static final class Failures {
        static String inWords(RuntimeException failure) {
            var frames = failure.getStackTrace();
            return failure
                    + (frames.length == 0 ? "" : " at " + List.of(frames).subList(0, Math.min(6, frames.length)));
        }
    }
}

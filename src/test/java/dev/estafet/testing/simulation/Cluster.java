package dev.estafet.testing.simulation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The machines of one schedule, with a primary and standbys that stream from it, and a client that writes. */
final class Cluster {

    final World world;
    final Network network;
    final Invariants invariants;
    final List<Machine> machines = new ArrayList<>();
    final long slowestReplay;
    long nextPid = 100;
    /** How long stops take at most, and how likely one is that takes longer than anybody waits. */
    double stuckStops;

    private int commits;
    private final List<Pending> pending = new ArrayList<>();
    boolean isWriting = true;
    Faults faults;

    private record Pending(Postgres server, int life, Wal.Entry entry) {}

    Cluster(World world, int size, boolean synchronous) {
        this.world = world;
        this.network = new Network(world);
        this.invariants = new Invariants(this);
        this.slowestReplay = world.chance(0.1) ? 300 * World.MILLI : 4 * World.MILLI;
        for (int i = 1; i <= size; i++) {
            machines.add(new Machine("pg" + i, this));
        }
        for (var machine : machines) {
            furnish(machine, synchronous);
        }
        write();
    }

    /** As setup leaves it. */
    private void furnish(Machine machine, boolean synchronous) {
        var isPrimary = machine == machines.getFirst();
        var first = machines.getFirst();
        var conf = new StringBuilder();
        if (!isPrimary) {
            machine.server.makeSignal();
            conf.append("primary_conninfo = 'host=''").append(first.name).append("'' port=5432'\n");
            conf.append("primary_slot_name = '").append(slot(machine)).append("'\n");
            first.server.slots.add(slot(machine));
        }
        conf.append("synchronous_standby_names = '")
                .append(synchronous && isPrimary ? "ANY 1 (*)" : "")
                .append("'\n");
        machine.disk.writeDurably(Postgres.AUTO_CONF, conf.toString().getBytes(StandardCharsets.UTF_8));
        var control = isPrimary ? Postgres.Control.SHUT_DOWN : Postgres.Control.SHUT_DOWN_IN_RECOVERY;
        machine.server.control(control);
        machine.server.start();
    }

    static String slot(Machine machine) {
        return "estafet_" + machine.name;
    }

    Machine machine(String name) {
        return machines.stream().filter(it -> it.name.equals(name)).findFirst().orElse(null);
    }

    Postgres server(String name) {
        var machine = machine(name);
        return machine == null ? null : machine.server;
    }

    /** One more than any that exists where the promoted server can see it. */
    int nextTimeline(int old) {
        return old + 1;
    }

    long stopDuration() {
        return world.chance(stuckStops)
                ? world.between(World.SECOND, 12 * World.SECOND)
                : world.skewed(2 * World.MILLI, 300 * World.MILLI);
    }

    long archiverDuration() {
        return world.chance(stuckStops)
                ? world.between(World.SECOND, 6 * World.SECOND)
                : world.skewed(World.MILLI, 30 * World.MILLI);
    }

    /** A client that writes wherever it can. */
    private void write() {
        world.in(world.skewed(2 * World.MILLI, 80 * World.MILLI), () -> {
            if (!isWriting) {
                return;
            }
            for (var machine : machines) {
                if (machine.server.takesWrites() && !machine.server.isFrozen()) {
                    pending.add(
                            new Pending(machine.server, machine.server.life, machine.server.begin("c" + ++commits)));
                }
            }
            write();
        });
    }

    /** Something has changed at that server, for which commits wait. */
    void wakeCommitters(Postgres server) {
        for (int i = pending.size() - 1; i >= 0; i--) {
            var it = pending.get(i);
            if (it.server() != server) {
                continue;
            }
            if (it.life() != server.life || server.mode != Postgres.Mode.PRIMARY) {
                pending.remove(i);
            } else if (server.isAcknowledged(it.entry())) {
                pending.remove(i);
                invariants.onAcknowledged(server, it.entry().commit());
            }
        }
    }
}

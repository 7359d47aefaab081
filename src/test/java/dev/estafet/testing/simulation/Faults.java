package dev.estafet.testing.simulation;

import java.util.ArrayList;
import java.util.List;

/** What goes wrong in a schedule, and when: at a moment, or just before a service's so-and-so-many-th step. */
final class Faults {

    /** What can go wrong. */
    enum Kind {
        KILL_SERVICE,
        CUT_POWER,
        KILL_SERVER,
        FREEZE_SERVICE,
        FREEZE_SERVER,
        CUT_NETWORK,
        CUT_ONE_WAY,
        BAD_NETWORK,
        DISK_FAILS,
        DISK_FAILS_AND_KILL,
        LOSE_STATE,
        CLOCK_STEP,
        STUCK_STOPS,
        START_BY_HAND
    }

    private record Trap(Machine machine, boolean ofFiles, int step, Kind kind) {}

    private final Cluster cluster;
    private final World world;
    private final Machine driver;
    private final List<Trap> traps = new ArrayList<>();
    final List<String> happened;
    /** Those that have begun and not ended. */
    int open;

    private boolean isOver;

    Faults(Cluster cluster, Machine driver, List<String> happened) {
        this.cluster = cluster;
        this.world = cluster.world;
        this.driver = driver;
        this.happened = happened;
        cluster.faults = this;
    }

    /** Draws them. */
    void plan() {
        var count = world.chance(0.1) ? 0 : 1 + (int) world.skewed(0, 3);
        for (int i = 0; i < count; i++) {
            var kind = Kind.values()[world.random.nextInt(Kind.values().length)];
            if (kind == Kind.DISK_FAILS_AND_KILL) {
                traps.add(new Trap(driver, true, driver.fileSteps + 5 + world.random.nextInt(50), kind));
                continue;
            }
            var machine = kind == Kind.LOSE_STATE
                    ? driver
                    : cluster.machines.get(world.random.nextInt(cluster.machines.size()));
            var atFileStep = world.chance(0.5);
            var service = machine.service;
            if (service != null && world.chance(0.75)) {
                var first = atFileStep ? machine.fileSteps : machine.steps;
                var most = atFileStep ? (machine == driver ? 70 : 25) : machine == driver ? 200 : 80;
                traps.add(new Trap(machine, atFileStep, first + 1 + world.random.nextInt(most), kind));
            } else {
                world.in(world.skewed(0, 4 * World.SECOND), () -> strike(kind, machine));
            }
        }
    }

    static void step(Service service) {
        var machine = service.machine;
        machine.steps++;
        spring(service, false, machine.steps);
    }

    static void fileStep(Service service) {
        var machine = service.machine;
        machine.fileSteps++;
        spring(service, true, machine.fileSteps);
        step(service);
    }

    private static void spring(Service service, boolean ofFiles, int step) {
        var faults = service.machine.cluster.faults;
        if (faults == null || faults.traps.isEmpty()) {
            return;
        }
        for (var trap : faults.traps) {
            if (trap.machine() == service.machine && trap.ofFiles() == ofFiles && trap.step() == step) {
                faults.strike(trap.kind(), trap.machine());
            }
        }
        if (!service.alive) {
            service.machine.world.vanish();
        }
    }

    private void strike(Kind kind, Machine machine) {
        if (isOver || kind == Kind.LOSE_STATE && machine.isDemoted()) {
            return; // Who was demoted and forgets that cannot be helped; the journal that is lost is a driver's.
        }
        open++;
        happened.add(kind + "@" + phase());
        if (machine == driver && kind == Kind.KILL_SERVICE) {
            happened.add("driver killed in " + phase());
        }
        world.trace(machine.name, () -> "FAULT " + kind);
        var duration = world.skewed(5 * World.MILLI, 8 * World.SECOND);
        switch (kind) {
            case KILL_SERVICE -> {
                machine.killService();
                end(duration, machine::startService);
            }
            case CUT_POWER -> {
                machine.cutPower();
                end(duration, () -> boot(machine));
            }
            case KILL_SERVER -> {
                machine.server.crash();
                end(duration, machine.server::start);
            }
            case FREEZE_SERVICE -> {
                if (machine.service != null) {
                    machine.service.frozenUntil = Math.max(machine.service.frozenUntil, world.now() + duration);
                }
                end(duration, () -> {});
            }
            case FREEZE_SERVER -> {
                machine.server.frozenUntil = Math.max(machine.server.frozenUntil, world.now() + duration);
                end(duration, () -> {});
            }
            case CUT_NETWORK, CUT_ONE_WAY -> {
                var other = other(machine);
                cluster.network.cut(machine, other);
                if (kind == Kind.CUT_NETWORK) {
                    cluster.network.cut(other, machine);
                }
                end(duration, cluster.network::mend);
            }
            case BAD_NETWORK -> {
                cluster.network.badness = world.chance(0.5) ? 0.03 : 0.2;
                end(duration, cluster.network::mend);
            }
            case DISK_FAILS -> {
                machine.diskFailsFrom = world.now();
                machine.diskFailsUntil =
                        world.now() + (world.chance(0.5) ? world.skewed(1, 20 * World.MILLI) : duration);
                end(duration, () -> {});
            }
            case DISK_FAILS_AND_KILL -> {
                machine.diskFailsFrom = world.now();
                machine.diskFailsUntil = world.now() + world.skewed(1, 5 * World.MILLI);
                world.in(world.skewed(World.MILLI, 500 * World.MILLI), machine::killService);
                end(World.SECOND, machine::startService);
            }
            case LOSE_STATE -> {
                machine.killService();
                machine.disk.children(Machine.STATE.resolve("operations")).forEach(machine.disk::deleteDurably);
                machine.disk.deleteDurably(Machine.STATE.resolve("enlistment.json"));
                end(duration, machine::startService);
            }
            case CLOCK_STEP -> {
                machine.clockError += world.between(-3600 * World.SECOND, 3600 * World.SECOND);
                end(0, () -> {});
            }
            case STUCK_STOPS -> {
                cluster.stuckStops = 0.7;
                end(duration, () -> cluster.stuckStops = 0);
            }
            case START_BY_HAND -> {
                machine.server.start();
                end(0, () -> {});
            }
        }
    }

    private void boot(Machine machine) {
        machine.boot();
        world.in(world.skewed(World.MILLI, 2 * World.SECOND), machine::startService);
        world.in(world.skewed(World.MILLI, 2 * World.SECOND), machine.server::start);
    }

    private void end(long after, Runnable repair) {
        world.in(after, () -> {
            open--;
            repair.run();
        });
    }

    /** From now on nothing goes wrong, and what had gone wrong is mended. */
    void endAll() {
        isOver = true;
        cluster.network.mend();
        cluster.stuckStops = 0;
        for (var machine : cluster.machines) {
            machine.diskFailsUntil = 0;
            machine.server.frozenUntil = 0;
            if (machine.service != null) {
                machine.service.frozenUntil = Math.min(machine.service.frozenUntil, world.now());
            }
            if (!machine.isPowered) {
                boot(machine);
            } else {
                machine.startService();
            }
        }
    }

    private Machine other(Machine machine) {
        Machine other;
        do {
            other = cluster.machines.get(world.random.nextInt(cluster.machines.size()));
        } while (other == machine);
        return other;
    }

    private String phase() {
        driver.notePhase();
        return driver.phase;
    }
}

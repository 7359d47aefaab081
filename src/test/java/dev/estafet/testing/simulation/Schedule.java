package dev.estafet.testing.simulation;

import dev.estafet.ProblemException;
import dev.estafet.operation.Operation;
import dev.estafet.operation.Operations.Order;
import dev.estafet.switchover.SwitchoverRequest;
import java.util.ArrayList;
import java.util.List;

/** One schedule: a cluster, a switchover, what goes wrong meanwhile, and what must be so in the end. */
final class Schedule {

    private static final long TICK = 50 * World.MILLI;

    private final long seed;
    private final World world;
    private final Cluster cluster;
    private final List<String> happened = new ArrayList<>();
    private final Machine driver;
    private final Faults faults;
    private boolean isOver;
    private int calm;

    Schedule(long seed, boolean traced) {
        this.seed = seed;
        this.world = new World(seed, traced);
        world.enter();
        this.cluster = new Cluster(world, world.chance(0.6) ? 2 : 3, world.chance(0.2));
        this.driver = cluster.machines.get(1 + world.random.nextInt(cluster.machines.size() - 1));
        this.faults = new Faults(cluster, driver, happened);
    }

    Simulator.Report run() {
        cluster.machines.forEach(Machine::startService);
        world.run(10 * World.SECOND, watching(this::isReady));
        order(driver);
        if (cluster.machines.size() > 2 && world.chance(0.3)) {
            var other = cluster.machines.get(driver == cluster.machines.get(1) ? 2 : 1);
            world.in(world.skewed(0, 500 * World.MILLI), () -> order(other));
        }
        if (world.chance(0.08)) {
            world.in(world.skewed(0, World.SECOND), this::cancel);
        }
        faults.plan();
        world.run(world.now() + 25 * World.SECOND, watching(this::hasCalmedDown));
        faults.endAll();
        var settled = world.run(world.now() + 30 * World.SECOND, watching(this::isWhole)) || isSettledByPerson();
        if (!settled && cluster.invariants.violation == null) {
            cluster.invariants.violated("it does not come to rest: " + standing());
        }
        end();
        return new Simulator.Report(seed, cluster.invariants.violation, happened, world.told(), world.steps);
    }

    /** Looks now and then, since a look costs more than an event. */
    private java.util.function.Supplier<Boolean> watching(java.util.function.BooleanSupplier condition) {
        isOver = false;
        calm = 0;
        watch(condition);
        return () -> isOver || cluster.invariants.violation != null;
    }

    private void watch(java.util.function.BooleanSupplier condition) {
        world.in(TICK, () -> {
            cluster.machines.forEach(Machine::notePhase);
            cluster.invariants.look();
            if (condition.getAsBoolean()) {
                isOver = true;
            } else {
                watch(condition);
            }
        });
    }

    private boolean isReady() {
        return cluster.machines.stream().allMatch(it -> it.isUp())
                && cluster.machines.getFirst().service.isWritable()
                && cluster.machines.stream().skip(1).allMatch(it -> it.server.isStreaming());
    }

    private void order(Machine candidate) {
        var service = candidate.service;
        if (service == null || !service.isListening) {
            happened.add("order not taken");
            return;
        }
        world.spawn(service, () -> {
            try {
                var request = new SwitchoverRequest(candidate.name, List.of(), 16 << 20, 3000, 2000, 3000);
                service.switchovers().start(request, new Order("somebody", null, null));
                happened.add("ordered");
            } catch (ProblemException refused) {
                happened.add("refused: " + refused.problem().kind());
            } catch (RuntimeException failure) {
                cluster.invariants.onUnexpected(candidate, failure);
            }
        });
    }

    private void cancel() {
        var service = driver.service;
        if (service == null || !service.isListening) {
            return;
        }
        world.spawn(service, () -> {
            try {
                service.operations()
                        .current()
                        .ifPresent(it -> service.operations().cancel(it.id()));
            } catch (ProblemException tooLate) {
                happened.add("cancelled too late");
            }
        });
    }

    /** No operation runs any more, and every fault has ended; for a little while. */
    private boolean hasCalmedDown() {
        calm = faults.open == 0 && cluster.machines.stream().noneMatch(Machine::drives) ? calm + 1 : 0;
        return calm > 1;
    }

    private boolean isWhole() {
        var primaries =
                cluster.machines.stream().filter(it -> it.server.takesWrites()).toList();
        if (primaries.size() != 1) {
            return false;
        }
        var primary = primaries.getFirst();
        return cluster.machines.stream().allMatch(it -> it.isUp() && !it.drives() && !it.service.isEnlisted())
                && primary.service.isWritable()
                && cluster.machines.stream().allMatch(it -> it == primary || isFedBy(primary.server, it.server));
    }

    /** Perhaps through another standby; all but the newest commits have arrived. */
    private static boolean isFedBy(Postgres primary, Postgres standby) {
        var source = standby.upstream;
        return source != null
                && standby.wal.size() >= primary.wal.flushed - 3
                && (source == primary || source.upstream == primary);
    }

    /** Only where the driver has lost its journal, nobody but a person knows what it had decided. */
    private boolean isSettledByPerson() {
        for (var machine : cluster.machines) {
            if (machine.isUp()
                    && machine.service.isDemoted()
                    && happened.stream().anyMatch(it -> it.startsWith("LOSE_STATE"))) {
                happened.add("a person was asked");
                machine.settle(cluster.machines.stream().anyMatch(it -> it.server.takesWrites()));
                return world.run(world.now() + 40 * World.SECOND, watching(this::isWhole));
            }
        }
        return false;
    }

    private String standing() {
        var told = new StringBuilder();
        cluster.machines.forEach(it -> told.append(it.standing()).append("; "));
        return told.toString();
    }

    private void end() {
        cluster.machines.stream()
                .filter(it -> it.server.takesWrites())
                .forEach(it -> cluster.invariants.requireAll(it.server));
        for (var machine : cluster.machines) {
            if (machine.service != null && machine.service.isListening) {
                machine.service.operations().list().forEach(this::note);
            }
        }
    }

    private void note(Operation operation) {
        happened.add(operation.kind() + " " + operation.state() + (operation.committed() ? " committed" : ""));
        var problem = operation.problem();
        if (problem != null && problem.kind() == dev.estafet.Problem.Kind.INTERNAL) {
            cluster.invariants.violated("an operation met an unexpected failure: " + problem.detail());
        }
    }
}

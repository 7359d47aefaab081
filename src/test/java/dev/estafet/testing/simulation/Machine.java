package dev.estafet.testing.simulation;

import dev.estafet.node.Decision;
import dev.estafet.operation.Operation;
import dev.estafet.operation.Operations.Order;
import dev.estafet.operation.Settlement.Word;
import java.nio.file.Path;

/** A computer with its disk, its PostgreSQL server and its Estafet service. */
final class Machine {

    static final Path STATE = Path.of("/state");

    final String name;
    final Cluster cluster;
    final World world;
    final Disk disk = new Disk();
    final Postgres server;
    boolean isPowered = true;
    /** How far its wall clock is off. */
    long clockError;
    /** Writes fail from this moment on, until the other. */
    long diskFailsFrom = Long.MAX_VALUE;

    long diskFailsUntil;
    Service service;
    /** Places where the service may be struck, counted over its lives. */
    int steps;

    int fileSteps;
    /** Since when its server has been seen to take writes although it was demoted. */
    long demotedSince = Long.MAX_VALUE;
    /** That its service drove when somebody last looked. */
    String phase = "rest";

    Machine(String name, Cluster cluster) {
        this.name = name;
        this.cluster = cluster;
        this.world = cluster.world;
        for (var directory : new Path[] {
            STATE, STATE.resolve("operations"), Postgres.DATA, Postgres.DATA.resolve("pg_wal"), Path.of("/")
        }) {
            disk.create(directory, true);
        }
        disk.sync(Path.of("/"));
        disk.sync(STATE);
        disk.sync(Postgres.DATA);
        disk.writeDurably(Postgres.DATA.resolve("PG_VERSION"), "17".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        disk.writeDurably(Postgres.AUTO_CONF, new byte[0]);
        server = new Postgres(this);
    }

    void startService() {
        if (isPowered && service == null) {
            world.trace(name, () -> "the service starts");
            service = new Service(this);
        }
    }

    /** {@code kill -9}. */
    void killService() {
        if (service != null) {
            world.trace(name, () -> "the service is killed");
            var dead = service;
            service = null;
            dead.kill(true);
        }
    }

    void cutPower() {
        if (!isPowered) {
            return;
        }
        world.trace(name, () -> "the machine loses power");
        isPowered = false;
        if (service != null) {
            var dead = service;
            service = null;
            dead.kill(false);
        }
        server.crash();
        disk.cutPower(world.random.split());
    }

    void boot() {
        if (!isPowered) {
            world.trace(name, () -> "the machine boots");
            isPowered = true;
        }
    }

    boolean diskFails() {
        return world.now() >= diskFailsFrom && world.now() < diskFailsUntil;
    }

    boolean isUp() {
        return service != null && service.isListening;
    }

    boolean isDemoted() {
        return isUp() && service.isDemoted();
    }

    boolean drives() {
        return isUp() && service.operation().isPresent();
    }

    void notePhase() {
        phase = isUp()
                ? service.operation()
                        .flatMap(Operation::latestPhase)
                        .map(Operation.Step::name)
                        .orElse("rest")
                : phase;
    }

    /** A person says what became of the operation in which it was demoted. */
    void settle(boolean committed) {
        var decision = committed ? Decision.COMMITTED : Decision.ABORTED;
        world.trace(name, () -> "a person says: " + decision);
        var operation = service.enlistment().orElseThrow().operation();
        world.spawn(
                service,
                () -> service.settlement().settle(new Word(operation, decision), new Order("somebody", null, null)));
    }

    String standing() {
        return "%s %s/%s on timeline %d, %s%s"
                .formatted(
                        name,
                        isUp() ? "up" : "down",
                        server.mode,
                        server.timeline(),
                        server.isStreaming() ? "streams" : "streams not",
                        isUp()
                                ? service.standing() + " wal " + server.wal.size() + "/" + server.wal.flushed
                                        + (service.isWritable() ? " writable" : "")
                                : "");
    }
}

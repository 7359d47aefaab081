package dev.estafet.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.estafet.testing.LocalProcesses;
import dev.estafet.testing.Operation;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/** A cluster of three in good order, and a switchover in it that something happens to. */
final class Scene {

    private static final Duration LONGEST = Duration.ofSeconds(90);
    /** As long as systemd might take to start a server again that was killed. */
    private static final Duration RESTART = Duration.ofMillis(1500);

    final TestCluster cluster;
    final TestNode primary;
    final TestNode candidate;
    final TestNode third;

    private final Optional<String> before;
    private final List<TestNode> killed = new ArrayList<>();
    private final List<ProcessHandle> frozen = new ArrayList<>();

    Scene(TestCluster cluster) {
        this.cluster = cluster;
        this.primary = cluster.primary();
        this.candidate = cluster.node(primary.name().equals("pg1") ? "pg2" : "pg1");
        this.third = cluster.node("pg3");
        this.before = latest().map(Operation::id);
    }

    // ---- what is done

    /** Begins the switchover; the service may not live to tell of it. */
    void begin() {
        try {
            var answer = candidate
                    .operator()
                    .body(Map.of("candidate", candidate.name(), "reason", "a fault test"))
                    .post("/promote");
            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(202);
        } catch (Exception died) { // REST Assured throws IOExceptions too, undeclared
            if (candidate.serviceRuns() && !candidate.points().hasHalted()) {
                throw died;
            }
        }
    }

    /** Begins it, and returns when the driver stands still just before the action of that phase. */
    void beginUpTo(String phase) {
        candidate.points().holdAt("before phase:" + phase);
        begin();
        try {
            candidate.points().awaitHeld(this::requireNotEnded);
        } catch (ConditionTimeoutException late) {
            throw new AssertionError("not come to %s: %s".formatted(phase, operation()), late);
        }
    }

    /** One that ends by itself before the point is reached would only be noticed by the time-out, and not told. */
    private void requireNotEnded() {
        assertThat(operation().filter(it -> !it.state().equals("running")))
                .as("ended before anything was done to it")
                .isEmpty();
    }

    void goOn() {
        candidate.points().letGo();
    }

    /** Begins it; the node's service halts at that point, and is started again. */
    void beginAndHalt(TestNode node, String point) {
        node.points().haltAt(point);
        begin();
        restartHalted(node);
    }

    void restartHalted(TestNode node) {
        await(node.name() + " halts")
                .atMost(LONGEST)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> !node.serviceRuns());
        node.startService();
    }

    /** Kills the server; it stays down for a while, unless the service starts it. */
    void killServer(TestNode node) {
        node.killPostgres();
        killed.add(node);
    }

    /** Names servers that may have ended. */
    void killed(TestNode... nodes) {
        killed.addAll(List.of(nodes));
    }

    /** Waits until the old primary's service has begun to stop its server. */
    void awaitStopping() {
        await("the stop of " + primary.name())
                .atMost(LONGEST)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> Files.exists(primary.data().resolve("standby.signal")));
    }

    /** Also where some of a server's processes, as its backends, are just ending. */
    void freeze(List<ProcessHandle> processes) {
        frozen.addAll(processes);
        processes.forEach(process -> signalUnlessGone(process, "STOP"));
    }

    void thaw() {
        frozen.forEach(process -> signalUnlessGone(process, "CONT"));
        frozen.clear();
    }

    private static void signalUnlessGone(ProcessHandle process, String signal) {
        try {
            LocalProcesses.signal(process, signal);
        } catch (IllegalStateException failure) {
            if (process.isAlive()) {
                throw failure;
            }
        }
    }

    /** Time that a fault lasts; no condition is awaited by it. */
    void lasts(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }

    void cancel() {
        var id = operation().orElseThrow().id();
        assertThat(candidate.operator().delete("/operations/" + id).statusCode())
                .isEqualTo(202);
    }

    // ---- what comes of it

    /** The switchover, if it was ever noted. */
    Optional<Operation> operation() {
        return latest().filter(it -> !before.equals(Optional.of(it.id())));
    }

    private Optional<Operation> latest() {
        var answer = candidate.anonymous().get("/operations?local=true");
        return answer.jsonPath().<String>getList("findAll { it.kind == 'switchover' }.id").stream()
                .findFirst()
                .map(id -> cluster.operation(candidate.name(), id));
    }

    /** Waits until the operation has ended and the cluster is whole again; returns what came of it. */
    String awaitWhole() {
        var since = System.nanoTime();
        var seen = new Object() {
            @Nullable
            String fault;
        };
        try {
            await("the cluster is whole again")
                    .atMost(LONGEST)
                    .pollDelay(Duration.ofMillis(20))
                    .pollInterval(Duration.ofMillis(200)) // Each look logs in to the servers several times.
                    .until(() -> {
                        restartKilled(since);
                        seen.fault = fault();
                        return seen.fault == null;
                    });
        } catch (ConditionTimeoutException failure) {
            throw new AssertionError("the cluster is not whole again: " + seen.fault, failure);
        }
        return operation().map(Scene::outcome).orElse("not begun");
    }

    private void restartKilled(long since) {
        if (System.nanoTime() - since > RESTART.toNanos()) {
            killed.stream().filter(node -> !node.isRunning()).forEach(TestNode::launchPostgres);
        }
    }

    private static String outcome(Operation operation) {
        return operation.state().equals("completed") ? "completed" : "rolled back";
    }

    /** What is not yet as it has to be in the end. */
    private @Nullable String fault() {
        try {
            return firstFault();
        } catch (Exception | AssertionError notYet) {
            return notYet.toString();
        }
    }

    private @Nullable String firstFault() {
        for (var node : cluster.nodes()) {
            if (!node.serviceRuns()) {
                return "the service of " + node.name() + " is down";
            }
            var enlistment = node.state().resolve("enlistment.json");
            if (Files.exists(enlistment)) {
                return "%s takes part in an operation: %s".formatted(node.name(), enlistment);
            }
        }
        var operation = operation();
        if (operation.filter(it -> it.state().equals("running")).isPresent()) {
            return "the operation runs";
        }
        var committed = operation.map(it -> it.json().getBoolean("committed")).orElse(false);
        return faultBehind(committed ? candidate : primary);
    }

    private @Nullable String faultBehind(TestNode writable) {
        if (!cluster.writable().equals(List.of(writable.name()))) {
            return "labelled writable: " + cluster.writable();
        }
        if (writable.text("SELECT pg_is_in_recovery()").equals("t")) {
            return writable.name() + " should be primary";
        }
        for (var node : cluster.nodes()) {
            if (node != writable && !node.streamsFrom(writable)) {
                return "%s does not stream from %s".formatted(node.name(), writable.name());
            }
            if (node != writable && !node.slots().isEmpty()) {
                return "slots left on %s: %s".formatted(node.name(), node.slots());
            }
        }
        return writable.slots().size() == 2 && !writable.slots().containsValue(false)
                ? null
                : "slots of %s: %s".formatted(writable.name(), writable.slots());
    }

    /** Takes back every fault that is left. */
    void mend() {
        cluster.nodes().forEach(node -> node.points().clear());
        thaw();
        if (dev.estafet.testing.Machines.canBeApart()) {
            cluster.machines().mendNetwork();
            cluster.machines().makeRoom();
        }
    }
}

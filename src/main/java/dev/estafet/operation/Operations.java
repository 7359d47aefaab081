package dev.estafet.operation;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.EstafetConfig;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.node.Decision;
import dev.estafet.node.Decisions;
import dev.estafet.node.Enlistments;
import dev.estafet.node.NodeState;
import dev.estafet.operation.Operation.State;
import dev.estafet.postgres.Await;
import io.quarkus.arc.All;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The operations that this node drives or has driven: begins, finds, cancels and, after a restart, ends them. */
@Singleton
public final class Operations implements Decisions {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS").withZone(ZoneOffset.UTC);
    private static final int KEPT = 500;
    /** Members that were late ask their driver each second what became of the operation, and then act upon it. */
    private static final Duration UNTIL_ALL_ARE_FREE = Duration.ofSeconds(10);

    private final EstafetConfig config;
    private final Cluster cluster;
    private final ClusterView view;
    private final Journal journal;
    private final Enlistments enlistments;
    private final ObjectMapper json;
    private final Runner runner;
    private final List<Procedure<?>> procedures;
    private final SecureRandom random = new SecureRandom();
    private final List<Consumer<Operation>> listeners = new CopyOnWriteArrayList<>();
    private final Map<String, Operation> known = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable Run> running = new AtomicReference<>();

    Operations(
            EstafetConfig config,
            Cluster cluster,
            ClusterView view,
            Journal journal,
            Enlistments enlistments,
            ObjectMapper json,
            @All List<Procedure<?>> procedures) {
        this.config = config;
        this.cluster = cluster;
        this.view = view;
        this.journal = journal;
        this.enlistments = enlistments;
        this.json = json;
        this.runner = new Runner(config.timeOuts().forward());
        this.procedures = procedures;
        journal.readAll().forEach(operation -> known.put(operation.id(), operation));
    }

    /**
     * Who wants an operation, and why.
     *
     * @param requestedBy the operator
     * @param idempotencyKey a repeat with the same key returns the same operation
     */
    public record Order(
            String requestedBy,
            @Nullable String reason,
            @Nullable String idempotencyKey) {}

    /** On the way up: what the last life of this service left unfinished is rolled back or, once committed, ended. */
    void takeUp(@Observes StartupEvent started) {
        known.values().stream().filter(Operation::isRunning).findFirst().ifPresent(operation -> {
            var procedure = procedures.stream()
                    .filter(it -> it.kind() == operation.kind())
                    .findFirst()
                    .orElseThrow();
            takeUp(procedure, begin(operation));
        });
    }

    /** The driver enlists itself first and releases itself last: not enlisted, it has nothing to take back. */
    private <C> void takeUp(Procedure<C> procedure, Run run) {
        inBackground(run, () -> {
            var subject = procedure.subject(run);
            if (run.isCommitted()) {
                runner.drive(procedure, subject, run);
            } else if (enlistments.isIn(run.id())) {
                runner.rollBack(procedure, subject, run);
            } else {
                runner.interrupted(run);
            }
        });
    }

    /**
     * Begins an operation in the background, or returns the one begun before with the same idempotency key.
     *
     * @throws dev.estafet.ProblemException of kind {@link Kind#OPERATION_IN_PROGRESS}
     */
    public synchronized <C> Operation start(Procedure<C> procedure, Object request, Order order) {
        var repeated = repeated(procedure, request, order);
        if (repeated.isPresent()) {
            return repeated.get();
        }
        inTheWay().ifPresent(other -> {
            throw new Problem(
                            Kind.OPERATION_IN_PROGRESS,
                            "Operation %s is under way; there is one at a time in a cluster.".formatted(other),
                            "Wait for its end (GET /operations/%1$s) or cancel it (DELETE /operations/%1$s)."
                                    .formatted(other))
                    .raised();
        });
        var operation = newOperation(procedure.kind(), State.RUNNING, request, order);
        var run = begin(operation);
        inBackground(run, () -> runner.drive(procedure, procedure.subject(run), run));
        return run.operation();
    }

    /** Journals what was done at once, and needs no phases. */
    Operation record(Operation.Kind kind, Object request, Order order) {
        var operation = newOperation(kind, State.COMPLETED, request, order);
        journal.write(operation);
        changed(operation);
        return operation;
    }

    private Operation newOperation(Operation.Kind kind, State state, Object request, Order order) {
        var now = afterAllOthers();
        return new Operation(
                "%s-%s-%04x".formatted(config.node(), TIME.format(now), random.nextInt(0x10000)),
                kind,
                config.cluster(),
                config.node(),
                state,
                order.requestedBy(),
                order.reason(),
                order.idempotencyKey(),
                json.valueToTree(request),
                null,
                now,
                state == State.RUNNING ? null : now,
                false,
                List.of(),
                null,
                null);
    }

    /** Now; but where the clock was put back, a moment after the newest operation, so that their order stays true. */
    private Instant afterAllOthers() {
        var now = Instant.now();
        return known.values().stream()
                .map(Operation::startedAt)
                .max(Comparator.naturalOrder())
                .map(newest -> newest.plusMillis(1))
                .filter(next -> next.isAfter(now))
                .orElse(now);
    }

    private Optional<Operation> repeated(Procedure<?> procedure, Object request, Order order) {
        var same = known.values().stream()
                .filter(it ->
                        order.idempotencyKey() != null && order.idempotencyKey().equals(it.idempotencyKey()))
                .findFirst();
        same.filter(it -> it.kind() != procedure.kind() || !it.request().equals(json.valueToTree(request)))
                .ifPresent(other -> {
                    throw new Problem(
                                    Kind.INVALID_REQUEST,
                                    "The Idempotency-Key was used for another request: " + other.id(),
                                    "Use a new key for a new request.")
                            .raised();
                });
        return same;
    }

    /** The id of an operation under way, here or on another node; one that is over is given time to leave the last node. */
    private Optional<String> inTheWay() {
        var here = current();
        if (here.isPresent()) {
            return here.map(Operation::id);
        }
        var deadline = System.nanoTime() + UNTIL_ALL_ARE_FREE.toNanos();
        while (true) {
            var elsewhere = elsewhere();
            if (elsewhere.isEmpty() || !isOver(elsewhere.get()) || System.nanoTime() - deadline > 0) {
                return elsewhere;
            }
            LockSupport.parkNanos(Await.CALMLY.toNanos());
        }
    }

    /** What another node takes part in, if it answers; what a dead one said last may be over. */
    private Optional<String> elsewhere() {
        view.look();
        return view.states().values().stream()
                .filter(state -> view.isReachable(state.node()))
                .map(NodeState::operation)
                .filter(Objects::nonNull)
                .findFirst();
    }

    private Run begin(Operation operation) {
        var run = new Run(operation, journal, json, this::changed);
        journal.settle(operation); // What was read after a restart may not be on the disk yet.
        known.put(operation.id(), operation);
        running.set(run);
        prune();
        return run;
    }

    /**
     * On a platform thread: the library of the Unix socket lets a virtual one that waits for PostgreSQL wait for another
     * thread, which looks in its stead, and each change of threads costs time in a write gap.
     */
    private void inBackground(Run run, Runnable work) {
        Thread.ofPlatform().daemon().name(run.id()).start(() -> {
            try {
                work.run();
            } finally {
                running.compareAndSet(run, null);
            }
        });
    }

    /** Who is told of an operation's end may begin the next one: it must not be in the way any more. */
    private void changed(Operation operation) {
        known.put(operation.id(), operation);
        var run = running.get();
        if (run != null && run.id().equals(operation.id()) && !operation.isRunning()) {
            running.compareAndSet(run, null);
        }
        listeners.forEach(listener -> listener.accept(operation));
    }

    private void prune() {
        var all = list();
        all.stream().skip(KEPT).forEach(old -> {
            known.remove(old.id());
            journal.forget(old);
        });
    }

    /** All that this node has driven, the newest first. */
    public List<Operation> list() {
        var all = new ArrayList<>(known.values());
        all.sort(Comparator.comparing(Operation::startedAt).reversed());
        return all;
    }

    public Optional<Operation> find(String id) {
        return Optional.ofNullable(known.get(id));
    }

    @Override
    public Decision on(String operation) {
        return find(operation)
                .map(it -> {
                    if (it.isRunning()) {
                        return Decision.PENDING;
                    }
                    return it.committed() ? Decision.COMMITTED : Decision.ABORTED;
                })
                .orElse(Decision.UNKNOWN);
    }

    @Override
    public boolean isOver(String operation) {
        try {
            var decision = cluster.askBriefly(driverOf(operation), driver -> driver.decision(operation));
            return decision == Decision.ABORTED || decision == Decision.COMMITTED;
        } catch (ProblemException silent) {
            return false;
        }
    }

    /** The one that runs now. */
    public Optional<Operation> current() {
        return Optional.ofNullable(running.get()).map(Run::operation);
    }

    /** The member that drives the operation, by its id. */
    public static String driverOf(String id) {
        var end = id.lastIndexOf('-', id.lastIndexOf('-') - 1);
        if (end <= 0) {
            throw unknown(id);
        }
        return id.substring(0, end);
    }

    /** Asks for the operation's end; it is rolled back in the background. */
    public Operation cancel(String id) {
        var run = running.get();
        if (run == null || !run.id().equals(id)) {
            var operation = find(id).orElseThrow(() -> unknown(id));
            throw new Problem(
                            Kind.TOO_LATE,
                            "Operation %s has ended: %s.".formatted(id, operation.state()),
                            "To change the roles back, switch over once more.")
                    .raised();
        }
        run.cancel();
        return run.operation();
    }

    public static RuntimeException unknown(String id) {
        return new Problem(
                        Kind.UNKNOWN_OPERATION,
                        "There is no operation %s.".formatted(id),
                        "GET /operations lists those that are known.")
                .raised();
    }

    /** Ends the telling. */
    @FunctionalInterface
    public interface Listening extends AutoCloseable {
        @Override
        void close();
    }

    /** Tells every change of any operation; called on the operation's own thread, so it must not wait. */
    public Listening listen(Consumer<Operation> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }
}

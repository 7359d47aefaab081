package dev.estafet.operation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.operation.Operation.Progress;
import dev.estafet.operation.Operation.State;
import dev.estafet.operation.Operation.Step;
import dev.estafet.operation.Operation.StepState;
import dev.estafet.postgres.DurableFile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One operation on its way: its record in memory and in the journal, told to whoever listens. */
public final class Run {

    private static final Phase<Run> REHEARSAL = Phase.unjournaled("rehearsal", "", run -> Optional.empty());

    private final Operation begun;
    private final Journal journal;
    private final ObjectMapper json;
    private final Consumer<Operation> listener;

    private State state;
    private boolean committed;
    private boolean cancelled;
    /** Whether the decision was not taken, but may be on disk all the same. */
    private boolean inDoubt;

    private final List<Step> phases;
    private @Nullable JsonNode facts;
    /** The same as they were remembered in this life of the service: to read them again from JSON takes time in the gap. */
    private @Nullable Object remembered;

    private @Nullable JsonNode result;
    private @Nullable Problem problem;
    private @Nullable Instant endedAt;

    Run(Operation begun, Journal journal, ObjectMapper json, Consumer<Operation> listener) {
        this.begun = begun;
        this.journal = journal;
        this.json = json;
        this.listener = listener;
        this.state = begun.state();
        this.committed = begun.committed();
        this.phases = new ArrayList<>(begun.phases());
        this.facts = begun.facts();
        this.result = begun.result();
    }

    /** The operation as it is now. */
    public synchronized Operation operation() {
        return operation(committed);
    }

    private Operation operation(boolean decided) {
        return new Operation(
                begun.id(),
                begun.kind(),
                begun.cluster(),
                begun.driver(),
                state,
                begun.requestedBy(),
                begun.reason(),
                begun.idempotencyKey(),
                begun.request(),
                facts,
                begun.startedAt(),
                endedAt,
                decided,
                List.copyOf(phases),
                result,
                problem);
    }

    public String id() {
        return begun.id();
    }

    /** The request that began it. */
    public <T> T request(Class<T> type) {
        return json.convertValue(begun.request(), type);
    }

    /** What {@link #remember} kept, also over a restart. */
    public synchronized <T> Optional<T> facts(Class<T> type) {
        if (!type.isInstance(remembered)) {
            remembered = json.convertValue(facts, type);
        }
        return Optional.ofNullable(type.cast(remembered));
    }

    /** Keeps what was found out; on disk with the next phase's begin, before anything is done with it. */
    public synchronized void remember(Object found) {
        facts = json.valueToTree(found);
        remembered = found;
    }

    /** Keeps the outcome; on disk with the next phase's begin or with the end. */
    public synchronized void result(Object outcome) {
        result = json.valueToTree(outcome);
        tell();
    }

    /** Shows how far the running phase is; not journaled. */
    public synchronized void progress(Progress now) {
        phases.set(phases.size() - 1, phases.getLast().at(now));
        tell();
    }

    /** Whether its end was asked for; from the point of no return on it no longer counts. */
    public synchronized boolean isCancelled() {
        return cancelled && !committed;
    }

    synchronized boolean isCommitted() {
        return committed;
    }

    /** Whether this phase was begun, in this life of the service or an earlier one. */
    synchronized boolean hasBegun(Phase<?> phase) {
        return phases.stream().anyMatch(step -> step.name().equals(phase.name()));
    }

    /** Whether this phase has ended well. */
    synchronized boolean hasDone(Phase<?> phase) {
        return phases.stream().anyMatch(step -> step.name().equals(phase.name()) && step.state() == StepState.DONE);
    }

    /** Asks for its end, as long as that is possible. */
    synchronized void cancel() {
        if (committed || state != State.RUNNING) {
            var why = committed
                    ? "Operation %s has passed its point of no return.".formatted(id())
                    : "Operation %s has ended: %s.".formatted(id(), state);
            throw new Problem(Kind.TOO_LATE, why, "To change the roles back, switch over once more.").raised();
        }
        cancelled = true;
    }

    /**
     * Journals that a phase begins, before it does. With the decision on disk there is only forward; where it could not be
     * written, it was not taken.
     */
    synchronized void begin(Phase<?> phase) {
        if (isCancelled()) {
            throw new Problem(Kind.CANCELLED, "The operation was cancelled.", "Nothing to do: it was rolled back.")
                    .raised();
        }
        phases.removeIf(step -> step.name().equals(phase.name()));
        phases.add(new Step(phase.name(), phase.sentence(), StepState.RUNNING, Instant.now(), null, null, null));
        if (phase.isDecision() && !committed) {
            decide();
        } else if (phase.isJournaled()) {
            journal.write(operation());
        }
        tell();
    }

    /** Has the room for the decision made on the disk, so that there is less to wait for when it is taken. */
    synchronized void reserveDecision() {
        journal.reserve(operation());
    }

    /** Goes the way of a phase and of the decision without effect, on a copy of which nobody is told. */
    public synchronized void rehearse() {
        var copy = new Run(operation(), journal, json, nobody -> {});
        copy.begin(REHEARSAL);
        if (remembered != null) {
            copy.remember(remembered);
        }
        copy.end(REHEARSAL, StepState.DONE, 0, null);
        journal.rehearseDecision(copy.operation(true));
    }

    private void decide() {
        try {
            journal.decide(operation(true));
        } catch (DurableFile.InDoubt failure) {
            inDoubt = true;
            throw failure;
        }
        committed = true;
    }

    /**
     * Makes sure that a decision which was not taken is not on disk either, as after a write that failed at its very end:
     * only then may anything be taken back, since a restart goes by what is on disk.
     */
    synchronized void settleDoubt() {
        if (inDoubt) {
            journal.settle(operation());
            inDoubt = false;
        }
    }

    /** Notes how a phase ended; on disk with the next begin, since repeating the phase does no harm. */
    synchronized void end(Phase<?> phase, StepState how, double millis, @Nullable String detail) {
        replace(phase, step -> step.ended(how, millis, detail));
    }

    /** Notes that a phase was taken back. */
    synchronized void undone(Phase<?> phase) {
        replace(phase, Step::undone);
    }

    /** Ends it, in memory. */
    synchronized void finish(State how, @Nullable Problem why) {
        state = how;
        problem = why;
        var now = Instant.now();
        endedAt = now.isAfter(begun.startedAt()) ? now : begun.startedAt(); // The clock may have been put back.
    }

    /** Journals the end, and tells it once it is on disk. */
    synchronized void record() {
        journal.settle(operation());
        tell();
    }

    private void replace(Phase<?> phase, UnaryOperator<Step> change) {
        phases.replaceAll(step -> step.name().equals(phase.name()) ? change.apply(step) : step);
        tell();
    }

    private void tell() {
        listener.accept(operation());
    }
}

package dev.estafet.operation;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import dev.estafet.Problem;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An operation as the journal keeps it.
 *
 * @param id driver, time and a random part, so that any node knows whom to ask
 * @param requestedBy the operator whose token was shown
 * @param request as it was sent, with defaults filled in
 * @param facts what the operation found out and needs to go on after a restart
 * @param committed whether the point of no return has been passed
 * @param phases those begun so far
 * @param result of a completed setup, or the certificate of a switchover
 * @param problem why it did not complete
 */
@RegisterForReflection
public record Operation(
        String id,
        Kind kind,
        String cluster,
        String driver,
        State state,
        String requestedBy,
        @Nullable String reason,
        @Nullable String idempotencyKey,
        JsonNode request,
        @Nullable JsonNode facts,
        Instant startedAt,
        @Nullable Instant endedAt,
        boolean committed,
        List<Step> phases,
        @Nullable JsonNode result,
        @Nullable Problem problem) {

    /** What an operation does. */
    @RegisterForReflection
    public enum Kind {
        SETUP,
        SWITCHOVER;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How far it is. */
    @RegisterForReflection
    public enum State {
        RUNNING,
        COMPLETED,
        /** Ended with a problem; rolled back where it was not committed. */
        FAILED,
        /** Ended by {@code DELETE}, and rolled back. */
        CANCELLED,
        /** Its driver's service was restarted in the middle of it, and what had been done was rolled back. */
        INTERRUPTED;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A phase that was begun.
     *
     * @param durationMillis present once it has ended
     * @param detail what was seen or done
     * @param progress of a base backup
     */
    @RegisterForReflection
    public record Step(
            String name,
            String sentence,
            StepState state,
            Instant startedAt,
            @Nullable Double durationMillis,
            @Nullable String detail,
            @Nullable Progress progress) {

        Step ended(StepState how, double millis, @Nullable String what) {
            return new Step(name, sentence, how, startedAt, millis, what, progress);
        }

        Step undone() {
            return new Step(name, sentence, StepState.UNDONE, startedAt, durationMillis, detail, progress);
        }

        Step at(Progress now) {
            return new Step(name, sentence, state, startedAt, durationMillis, detail, now);
        }
    }

    /** How far a phase is. */
    @RegisterForReflection
    public enum StepState {
        RUNNING,
        DONE,
        FAILED,
        /** Taken back, after it or a later one failed. */
        UNDONE;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How far a copy is; bytes of the data directory, without the WAL that is streamed along. */
    @RegisterForReflection
    public record Progress(long doneBytes, long totalBytes, int percent) {}

    public boolean isRunning() {
        return state == State.RUNNING;
    }

    /** The phase that runs now or ran last. */
    public Optional<Step> latestPhase() {
        return phases.isEmpty() ? Optional.empty() : Optional.of(phases.getLast());
    }
}

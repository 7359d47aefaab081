package dev.estafet.operation;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import dev.estafet.Problem;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** An operation as the journal keeps it. */
@RegisterForReflection
@Schema(
        description =
                "A setup, a switchover or what else was ordered, as the journal of the node that drives it keeps it.")
public record Operation(
        @Schema(
                description = "Driver, time and a random part, so that any node knows whom to ask.",
                examples = "pg2-20261122T220312576-ef97")
        String id,

        @Schema(description = "What it does.") Kind kind,

        @Schema(description = "Name of the cluster.", examples = "shop")
        String cluster,

        @Schema(description = "The member that drives it.", examples = "pg2")
        String driver,

        @Schema(description = "How far it is.") State state,

        @Schema(
                description =
                        "The operator whose token was shown; of what a node does by itself, that it was the node.",
                examples = "alice")
        String requestedBy,

        @Schema(description = "Why, in the caller's words.", examples = "kernel update on pg1") @Nullable
        String reason,

        @Schema(description = "The caller's Idempotency-Key.") @Nullable
        String idempotencyKey,

        @Schema(description = "What was ordered, with defaults filled in.", implementation = Object.class)
        JsonNode request,

        @Schema(
                description =
                        "What it found out and needs to go on after a restart of the service. For people; programs"
                                + " should not rely on its fields.",
                implementation = Object.class)
        @Nullable
        JsonNode facts,

        @Schema(description = "When it began.") Instant startedAt,

        @Schema(description = "When it ended.") @Nullable Instant endedAt,

        @Schema(
                description =
                        "Whether the point of no return has been passed; only switchovers and failovers have one.")
        boolean committed,

        @Schema(description = "The phases begun so far, in this order.")
        List<Step> phases,

        @Schema(description = "Of a completed operation: what it came to.", implementation = Object.class) @Nullable
        JsonNode result,

        @Schema(description = "Why it did not complete.") @Nullable
        Problem problem) {

    /** What an operation does. */
    @RegisterForReflection
    @Schema(name = "OperationKind", description = "What an operation does.")
    public enum Kind {
        SETUP,
        SWITCHOVER,
        FAILOVER,
        REJOIN,
        /** A person's word on an operation whose driver could not tell any more; see {@link Settlement}. */
        SETTLEMENT;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How far it is. */
    @RegisterForReflection
    @Schema(
            name = "OperationState",
            description = "How far an operation is. failed: ended with a problem, and rolled back where it was not"
                    + " committed. cancelled: ended by DELETE, and rolled back. interrupted: its driver's service was"
                    + " restarted in the middle of it, and what had been done was rolled back.")
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

    /** A phase that was begun. */
    @RegisterForReflection
    @Schema(name = "Phase", description = "A phase of an operation that was begun.")
    public record Step(
            @Schema(description = "Its name, stable for programs.", examples = "demote")
            String name,

            @Schema(description = "What is done in it.") String sentence,
            @Schema(description = "How far it is.") StepState state,
            @Schema(description = "When it began.") Instant startedAt,

            @Schema(description = "How long it took; present once it has ended.", examples = "67.8") @Nullable
            Double durationMillis,

            @Schema(description = "What was seen or done.") @Nullable
            String detail,

            @Schema(description = "Of a base backup or a rewind: how far it is.") @Nullable
            Progress progress) {

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
    @Schema(
            name = "PhaseState",
            description = "How far a phase is. undone: taken back, after it or a later one failed.")
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

    /** How far a copy is. */
    @RegisterForReflection
    @Schema(description = "How far a copy is, in bytes of the data directory, without the WAL that is streamed along.")
    public record Progress(
            @Schema(description = "Bytes copied.", examples = "23503872")
            long doneBytes,

            @Schema(description = "Bytes to copy, as estimated at its begin.", examples = "23503872")
            long totalBytes,

            @Schema(description = "Of the bytes to copy.", examples = "100")
            int percent) {}

    public boolean isRunning() {
        return state == State.RUNNING;
    }

    /** The phase that runs now or ran last. */
    public Optional<Step> latestPhase() {
        return phases.isEmpty() ? Optional.empty() : Optional.of(phases.getLast());
    }
}

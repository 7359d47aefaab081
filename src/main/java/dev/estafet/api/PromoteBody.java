package dev.estafet.api;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.estafet.EstafetConfig;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.failover.FailoverRequest;
import dev.estafet.postgres.ByteSize;
import dev.estafet.switchover.SwitchoverRequest;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.runtime.configuration.DurationConverter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Body of {@code POST /promote}. */
@RegisterForReflection
@Schema(name = "PromoteRequest", description = "Which standby is to become the primary.")
public record PromoteBody(
        @Schema(
                description = "Name of the standby that becomes primary; without one, the standby that has replayed"
                        + " most is chosen.",
                examples = "pg2")
        @Nullable
        String candidate,

        @Schema(
                description =
                        "switchover: both nodes work, and nothing is lost. failover: the primary is lost, and a person"
                                + " answers for what may be lost with it.",
                defaultValue = "switchover")
        @Nullable
        Mode mode,

        @Schema(
                description =
                        "Only for a failover: up to how much of the old primary's WAL may be lost, as bytes or with kB,"
                                + " MB, GB; or unknown, for whatever it is. Not needed where it is measured that nothing is lost.",
                examples = "1MB")
        @Nullable
        String acceptLoss,

        @Schema(
                description =
                        "Only for a failover, and needed where the old primary's service does not answer: how it is kept"
                                + " from taking writes. Kept in the journal.",
                examples = "pg1 is switched off, its power supply pulled")
        @Nullable
        String fenced,

        @Schema(description = "Look and change nothing: answers what would be done.", defaultValue = "false")
        boolean dryRun,

        @Schema(description = "Why; kept in the journal.", examples = "kernel update on pg1") @Nullable
        String reason,

        @Schema(
                description = "Replay lag up to which the switchover begins: bytes, or with kB, MB, GB.",
                examples = "16MB")
        @Nullable
        String maxLag,

        @Schema(description = "Other time-outs than the configured ones.") @Nullable
        TimeOuts timeOuts,

        @Schema(
                description =
                        "Members to leave out, in so many words: without it, a member whose service does not answer"
                                + " stops the switchover. They follow once they are back.",
                examples = "[]")
        @Nullable
        List<String> exclude) {

    /** What sort of promotion. */
    @RegisterForReflection
    @Schema(name = "PromoteMode", description = "What sort of promotion.")
    public enum Mode {
        SWITCHOVER,
        FAILOVER;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Time-outs of one switchover; each one that passes before the point of no return rolls it back. */
    @RegisterForReflection
    @Schema(name = "PromoteTimeOuts", description = "Durations, such as 30s, 500ms or PT1M.")
    public record TimeOuts(
            @Schema(description = "How long the old primary may take to shut down.", examples = "30s") @Nullable
            String stop,

            @Schema(description = "How long the candidate may take to replay the end of its WAL.", examples = "10s")
            @Nullable
            String prove,

            @Schema(description = "How long the promotion may take.", examples = "60s") @Nullable
            String promote) {}

    /** The order with the configuration's defaults filled in. */
    SwitchoverRequest toRequest(String chosen, EstafetConfig config) {
        if (acceptLoss != null || fenced != null) {
            throw invalid(
                    "acceptLoss and fenced are for failovers only.",
                    "A switchover loses nothing. Where the primary is lost, say \"mode\": \"failover\".");
        }
        var defaults = config.timeOuts();
        var given = Optional.ofNullable(timeOuts);
        return new SwitchoverRequest(
                chosen,
                excluded(),
                maxLagBytes().orElse(config.lag().switchover().asLongValue()),
                millis("timeOuts.stop", given.map(TimeOuts::stop), defaults.stop()),
                millis("timeOuts.prove", given.map(TimeOuts::prove), defaults.prove()),
                millis("timeOuts.promote", given.map(TimeOuts::promote), defaults.promote()));
    }

    /** The order of a failover; what only a switchover has is refused, so that nobody relies on it. */
    FailoverRequest toFailover(String chosen, EstafetConfig config) {
        var given = Optional.ofNullable(timeOuts);
        if (maxLag != null
                || given.map(TimeOuts::stop).isPresent()
                || given.map(TimeOuts::prove).isPresent()) {
            throw invalid(
                    "maxLag, timeOuts.stop and timeOuts.prove are for switchovers only.",
                    "A failover has no primary to wait for: say how much may be lost in acceptLoss.");
        }
        var any = "unknown".equals(acceptLoss);
        var bytes = acceptLoss == null || any ? null : (Long) ByteSize.inRequest("acceptLoss", acceptLoss);
        return new FailoverRequest(
                chosen,
                excluded(),
                bytes,
                any,
                fenced,
                millis(
                        "timeOuts.promote",
                        given.map(TimeOuts::promote),
                        config.timeOuts().promote()));
    }

    boolean isFailover() {
        return mode == Mode.FAILOVER;
    }

    List<String> excluded() {
        return exclude == null ? List.of() : exclude;
    }

    PromoteBody withCandidate(String chosen) {
        return new PromoteBody(chosen, mode, acceptLoss, fenced, dryRun, reason, maxLag, timeOuts, exclude);
    }

    Optional<Long> maxLagBytes() {
        return Optional.ofNullable(maxLag).map(it -> ByteSize.inRequest("maxLag", it));
    }

    private static long millis(String field, Optional<String> text, Duration otherwise) {
        try {
            var duration = text.map(DurationConverter::parseDuration).orElse(otherwise);
            if (duration.isPositive()) {
                return duration.toMillis();
            }
        } catch (IllegalArgumentException | ArithmeticException malformed) {
            throw invalid(
                    "%s: not a duration: %s".formatted(field, text.orElse("")), "Write it like 30s, 500ms or PT1M.");
        }
        throw invalid("%s must be longer than nothing.".formatted(field), "Write it like 30s, 500ms or PT1M.");
    }

    private static RuntimeException invalid(String detail, String remedy) {
        return new Problem(Kind.INVALID_REQUEST, detail, remedy).raised();
    }
}

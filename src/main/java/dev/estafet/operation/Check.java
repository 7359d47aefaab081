package dev.estafet.operation;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** One question that a preflight asks. */
@RegisterForReflection
@Schema(description = "One question that was asked before anything is changed.")
public record Check(
        @Schema(description = "What was looked at, stable for programs.", examples = "lag")
        String name,

        @Schema(description = "What it came to.") Outcome outcome,

        @Schema(description = "What was found.", examples = "Replay is 0 bytes behind.")
        String detail,

        @Schema(description = "What to do, where it did not pass.") @Nullable
        String remedy,

        @Schema(description = "Of a failure: the sort of problem that it is.") @Nullable
        Kind kind) {

    /** What a check comes to. */
    @RegisterForReflection
    @Schema(
            name = "CheckOutcome",
            description = "What a check came to; a warning stops nothing, but the caller should know.")
    public enum Outcome {
        PASS,
        /** Does not stop the switchover; the caller should know. */
        WARNING,
        FAILURE;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static Check pass(String name, String detail) {
        return new Check(name, Outcome.PASS, detail, null, null);
    }

    public static Check warning(String name, String detail, String remedy) {
        return new Check(name, Outcome.WARNING, detail, remedy, null);
    }

    public static Check failure(String name, String detail, String remedy) {
        return new Check(name, Outcome.FAILURE, detail, remedy, Kind.NOT_READY);
    }

    public static Check failure(String name, Kind kind, String detail, String remedy) {
        return new Check(name, Outcome.FAILURE, detail, remedy, kind);
    }

    public boolean isFailure() {
        return outcome == Outcome.FAILURE;
    }

    /** Those of the checks that failed, as one problem of the first one's kind. */
    public static Optional<Problem> problemIn(List<Check> checks) {
        var failures = checks.stream().filter(Check::isFailure).toList();
        return failures.stream()
                .findFirst()
                .map(first -> new Problem(
                        first.kind() == null ? Kind.NOT_READY : first.kind(),
                        joined(failures, check -> check.name() + ": " + check.detail()),
                        joined(failures, Check::remedy)));
    }

    /** For the journal: how many passed, and what the warnings say. */
    public static String inWords(List<Check> checks) {
        var warnings = checks.stream()
                .filter(check -> check.outcome() == Outcome.WARNING)
                .toList();
        return "%d checks, none failed%s"
                .formatted(checks.size(), warnings.isEmpty() ? "" : "; but: " + joined(warnings, Check::detail));
    }

    private static String joined(List<Check> checks, Function<Check, @Nullable String> part) {
        return checks.stream().map(part).filter(Objects::nonNull).distinct().collect(Collectors.joining(" "));
    }
}

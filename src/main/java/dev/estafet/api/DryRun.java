package dev.estafet.api;

import dev.estafet.failover.FailoverReadiness;
import dev.estafet.operation.Phase;
import dev.estafet.rejoin.RejoinPlan;
import dev.estafet.setup.SetupPlan;
import dev.estafet.switchover.Readiness;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What an operation would do.
 *
 * @param <T> what was found out
 */
@RegisterForReflection
@Schema(description = "What would be done; nothing was changed.")
public record DryRun<T>(
        @Schema(
                description = "What was found out.",
                oneOf = {Readiness.class, FailoverReadiness.class, SetupPlan.class, RejoinPlan.class})
        T findings,

        @Schema(description = "The phases that would be gone through, in this order.")
        List<Planned> phases) {

    /** A phase that would be gone through. */
    @RegisterForReflection
    @Schema(name = "PlannedPhase", description = "A phase that would be gone through.")
    public record Planned(
            @Schema(description = "Its name, stable for programs.", examples = "demote")
            String name,

            @Schema(description = "What would be done in it.")
            String sentence) {}

    static <T, C> DryRun<T> of(T findings, List<Phase<C>> phases) {
        return new DryRun<>(
                findings,
                phases.stream()
                        .map(phase -> new Planned(phase.name(), phase.sentence()))
                        .toList());
    }
}

package dev.estafet.switchover;

import dev.estafet.operation.Check;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** May the roles change hands now? */
@RegisterForReflection
@Schema(description = "Whether the roles may change hands now, and every reason why not.")
public record Readiness(
        @Schema(description = "Whether no check failed.") boolean ready,

        @Schema(description = "Who would become the primary.", examples = "pg2")
        String candidate,

        @Schema(description = "Who is the primary now; absent where that is not clear.", examples = "pg1") @Nullable
        String primary,

        @Schema(description = "All checks that were made.") List<Check> checks,

        @Schema(description = "How long writes would be down.") @Nullable
        Prediction prediction) {

    /** The write downtime to expect. */
    @RegisterForReflection
    @Schema(name = "DowntimePrediction", description = "The write downtime to expect.")
    public record Prediction(
            @Schema(description = "The median of what it is based on.", examples = "125.7")
            double millis,

            @Schema(
                    description = "What that is.",
                    examples = "Median of the last 3 switchovers to pg2, which took 104.2 to 148.1 ms.")
            String basis) {}
}

package dev.estafet.failover;

import dev.estafet.operation.Check;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** May a standby take over from a primary that is lost? */
@RegisterForReflection
@Schema(description = "Whether a standby may take over from a primary that is lost, and what would be lost by that.")
public record FailoverReadiness(
        @Schema(description = "Whether no check failed.") boolean ready,

        @Schema(description = "Who would become the primary.", examples = "pg2")
        String candidate,

        @Schema(description = "Who was the primary; absent where nobody knows.", examples = "pg1") @Nullable
        String oldPrimary,

        @Schema(description = "What would be lost; absent where the old primary works.") @Nullable
        Loss loss,

        @Schema(description = "All checks that were made.") List<Check> checks) {}

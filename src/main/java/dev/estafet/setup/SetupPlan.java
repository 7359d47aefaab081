package dev.estafet.setup;

import dev.estafet.node.Preparation;
import dev.estafet.operation.Check;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What a setup would do. */
@RegisterForReflection
@Schema(description = "What a setup would do.")
public record SetupPlan(
        @Schema(description = "Whether no check failed.") boolean ready,

        @Schema(description = "The member that would become a standby.", examples = "pg2")
        String standby,

        @Schema(description = "Whom it would follow; absent where that is not clear.", examples = "pg1") @Nullable
        String primary,

        @Schema(description = "All checks that were made.") List<Check> checks,

        @Schema(description = "What would be changed on the primary.") @Nullable
        Preparation preparation,

        @Schema(description = "Where the standby's data would be kept; absent where it holds none.") @Nullable
        String setAside,

        @Schema(description = "Bytes that would be copied.", examples = "22577517")
        long bytes) {}

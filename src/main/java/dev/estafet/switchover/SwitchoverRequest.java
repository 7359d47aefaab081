package dev.estafet.switchover;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A switchover as it is ordered, defaults filled in. */
@RegisterForReflection
@Schema(name = "SwitchoverOrder", description = "A switchover as it was ordered, with defaults filled in.")
public record SwitchoverRequest(
        @Schema(description = "The standby that is to become primary.", examples = "pg2")
        String candidate,

        @Schema(description = "Members that were left out.", examples = "[]")
        List<String> exclude,

        @Schema(description = "Replay lag up to which it begins.", examples = "16777216")
        long maxLagBytes,

        @Schema(description = "How long the old primary may take to shut down.", examples = "60000")
        long stopMillis,

        @Schema(description = "How long the candidate may take to replay the end of its WAL.", examples = "10000")
        long proveMillis,

        @Schema(description = "How long the promotion may take.", examples = "60000")
        long promoteMillis) {

    public SwitchoverRequest {
        exclude = Objects.requireNonNullElse(exclude, List.of());
    }
}

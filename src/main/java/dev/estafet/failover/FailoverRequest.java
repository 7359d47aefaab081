package dev.estafet.failover;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A failover as it is ordered, defaults filled in. */
@RegisterForReflection
@Schema(name = "FailoverOrder", description = "A failover as it was ordered, with defaults filled in.")
public record FailoverRequest(
        @Schema(description = "The standby that is to become primary.", examples = "pg2")
        String candidate,

        @Schema(description = "Members that were left out.", examples = "[]")
        List<String> exclude,

        @Schema(description = "Up to how many lost bytes of WAL were accepted.", examples = "1048576") @Nullable
        Long acceptLossBytes,

        @Schema(description = "Whether any loss was accepted, also one that nobody can tell.", examples = "false")
        boolean acceptUnknownLoss,

        @Schema(
                description = "The caller's word on how the old primary is kept from writing.",
                examples = "pg1 is switched off, its power supply pulled")
        @Nullable
        String fenced,

        @Schema(description = "How long the promotion may take.", examples = "60000")
        long promoteMillis) {

    public FailoverRequest {
        exclude = Objects.requireNonNullElse(exclude, List.of());
    }

    boolean hasWordOfFence() {
        return fenced != null && !fenced.isBlank();
    }
}

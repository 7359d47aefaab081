package dev.estafet.rejoin;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A rejoin as it is ordered. */
@RegisterForReflection
@Schema(name = "RejoinOrder", description = "A rejoin as it was ordered.")
public record RejoinRequest(
        @Schema(description = "The member whose server is to come back.", examples = "pg1")
        String node,

        @Schema(description = "The farthest that may be gone.", examples = "rewind")
        Way farthest) {}

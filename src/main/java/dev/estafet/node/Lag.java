package dev.estafet.node;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Replay lag. */
@RegisterForReflection
@Schema(description = "Replay lag: what the node that it streams from has written and this standby has not replayed.")
public record Lag(
        @Schema(description = "WAL not yet replayed, by the last position that the upstream reported.", examples = "0")
        long bytes,

        @Schema(
                description =
                        "Seconds since the last replayed transaction was committed on the primary; 0 where all that"
                                + " was received is replayed.",
                examples = "0.0")
        double seconds) {}

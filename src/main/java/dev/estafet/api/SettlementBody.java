package dev.estafet.api;

import dev.estafet.node.Decision;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Body of {@code POST /nodes/{name}/settlement}. */
@RegisterForReflection
@Schema(name = "SettlementRequest", description = "What became of an operation, by a person's word.")
public record SettlementBody(
        @Schema(
                description = "The operation that the node takes part in, as GET /status tells it.",
                examples = "pg2-20261122T220312576-ef97")
        @NotBlank
        String operation,

        @Schema(
                description =
                        "aborted: the candidate was not promoted and never will be in this operation, and the node"
                                + " goes back to work, a demoted primary as primary. committed: the candidate was"
                                + " promoted, and the node follows it.",
                examples = "aborted")
        @NotNull
        Decision decision,

        @Schema(description = "Why you know; kept in the journal.", examples = "pg2's disks are destroyed") @Nullable
        String reason) {}

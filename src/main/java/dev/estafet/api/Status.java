package dev.estafet.api;

import dev.estafet.cluster.Finding;
import dev.estafet.pgbouncer.PoolerState;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Answer of {@code GET /status}. */
@RegisterForReflection
@Schema(description = "The whole cluster as one node sees it.")
public record Status(
        @Schema(description = "Name of the cluster.") String cluster,
        @Schema(description = "The node that looked.") String observedBy,
        @Schema(description = "When, by that node's clock.") Instant observedAt,

        @Schema(description = "Id of the operation that is under way.") @Nullable
        String operation,

        @Schema(description = "Every member, in the order of the names.")
        List<NodeStatus> nodes,

        @Schema(description = "Every PgBouncer of the configuration, in the order of the names.")
        List<PoolerState> poolers,

        @Schema(description = "What a person should look at; empty is good.")
        List<Finding> problems) {}

package dev.estafet.api;

import dev.estafet.EstafetConfig;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.cluster.Findings;
import dev.estafet.operation.Operations;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import java.time.Instant;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The whole cluster as this node sees it now. */
@Path("/status")
@Tag(name = "Status")
@RunOnVirtualThread
public final class StatusResource {

    private final EstafetConfig config;
    private final Cluster cluster;
    private final ClusterView view;
    private final Operations operations;

    StatusResource(EstafetConfig config, Cluster cluster, ClusterView view, Operations operations) {
        this.config = config;
        this.cluster = cluster;
        this.view = view;
        this.operations = operations;
    }

    @GET
    @Operation(summary = "Show the whole cluster")
    @APIResponse(responseCode = "200", description = "The cluster as this node sees it.")
    public Status status() {
        var reports = view.reports();
        var nodes = reports.entrySet().stream()
                .map(entry -> NodeStatus.of(
                        cluster.member(entry.getKey()), view.isReachable(entry.getKey()), entry.getValue()))
                .toList();
        var operation = operations
                .current()
                .map(dev.estafet.operation.Operation::id)
                .or(() -> nodes.stream()
                        .map(NodeStatus::operation)
                        .filter(Objects::nonNull)
                        .findFirst());
        return new Status(
                config.cluster(), cluster.self(), Instant.now(), operation.orElse(null), nodes, Findings.in(reports));
    }
}

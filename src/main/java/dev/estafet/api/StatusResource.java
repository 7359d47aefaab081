package dev.estafet.api;

import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Member;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.cluster.Findings;
import dev.estafet.node.NodeReport;
import dev.estafet.node.NodeState;
import dev.estafet.operation.Operations;
import dev.estafet.pgbouncer.PoolerFindings;
import dev.estafet.pgbouncer.Poolers;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
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
    private final Poolers poolers;

    StatusResource(EstafetConfig config, Cluster cluster, ClusterView view, Operations operations, Poolers poolers) {
        this.config = config;
        this.cluster = cluster;
        this.view = view;
        this.operations = operations;
        this.poolers = poolers;
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
                        .findFirst())
                .orElse(null);
        var inFront = poolers.look();
        var problems = new ArrayList<>(Findings.in(reports));
        problems.addAll(PoolerFindings.in(inFront, operation, primary(reports)));
        return new Status(
                config.cluster(), cluster.self(), Instant.now(), operation, nodes, inFront, List.copyOf(problems));
    }

    private Optional<Member> primary(Map<String, NodeReport> reports) {
        var primaries = reports.values().stream()
                .map(NodeReport::state)
                .filter(NodeState::isRunningPrimary)
                .map(NodeState::node)
                .toList();
        return primaries.size() == 1 ? Optional.of(cluster.member(primaries.getFirst())) : Optional.empty();
    }
}

package dev.estafet.failover;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.node.NodeState;
import dev.estafet.node.Role;
import dev.estafet.operation.Check;
import dev.estafet.operation.Operation;
import dev.estafet.operation.Operations;
import dev.estafet.operation.Operations.Order;
import jakarta.inject.Singleton;
import java.util.List;

/** What one can ask of a failover: may it be, and do it. */
@Singleton
public final class Failovers {

    private final Cluster cluster;
    private final ClusterView view;
    private final Operations operations;
    private final FailoverProcedure procedure;
    private final Scout scout;

    Failovers(Cluster cluster, ClusterView view, Operations operations, FailoverProcedure procedure, Scout scout) {
        this.cluster = cluster;
        this.view = view;
        this.operations = operations;
        this.procedure = procedure;
        this.scout = scout;
    }

    /** Begins a failover to this node. */
    public Operation start(FailoverRequest request, Order order) {
        requireMembers(request);
        return operations.start(procedure, request, order);
    }

    /** Makes all checks and changes nothing. */
    public FailoverReadiness readiness(FailoverRequest request) {
        requireMembers(request);
        var situation = scout.situation(request.candidate(), request.exclude());
        var checks = new Preflight(situation, request).checks();
        return new FailoverReadiness(
                checks.stream().noneMatch(Check::isFailure),
                request.candidate(),
                situation.oldPrimary(),
                checks.stream().anyMatch(check -> check.name().equals("loss")) ? situation.loss() : null,
                checks);
    }

    private void requireMembers(FailoverRequest request) {
        cluster.member(request.candidate());
        request.exclude().forEach(cluster::member);
        if (request.exclude().contains(request.candidate())) {
            throw new Problem(
                            Kind.INVALID_REQUEST,
                            "%s is the candidate and cannot be excluded.".formatted(request.candidate()),
                            "Exclude other standbys only.")
                    .raised();
        }
    }

    /** The table's rows, for dry runs and for the documentation. */
    public FailoverProcedure procedure() {
        return procedure;
    }

    /** The standby that has most: by timeline, then by what it has received or replayed. */
    public String mostAdvancedStandby(List<String> excluded) {
        view.look();
        return view.states().values().stream()
                .filter(state -> state.isReadable() && state.role() == Role.STANDBY && state.lsn() != null)
                .filter(state -> !excluded.contains(state.node()))
                .max(Situation.BY_PROGRESS)
                .map(NodeState::node)
                .orElseThrow(() -> new Problem(
                                Kind.NOT_READY,
                                "No standby answers, so none can take over.",
                                "Look at GET /status, and bring a standby's server and service up.")
                        .raised());
    }
}

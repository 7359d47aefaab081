package dev.estafet.switchover;

import dev.estafet.EstafetConfig;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.node.NodeReport.LastCheckpoint;
import dev.estafet.node.NodeReport.Server;
import dev.estafet.node.NodeState;
import dev.estafet.operation.Check;
import dev.estafet.operation.Operation;
import dev.estafet.operation.Operations;
import dev.estafet.operation.Operations.Order;
import dev.estafet.pgbouncer.Poolers;
import dev.estafet.switchover.Forecast.Backlog;
import dev.estafet.switchover.Readiness.Prediction;
import jakarta.inject.Singleton;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What callers can ask of switchovers: begin one, ask whether one may begin, have a candidate chosen. */
@Singleton
public final class Switchovers {

    private final EstafetConfig config;
    private final Cluster cluster;
    private final ClusterView view;
    private final Operations operations;
    private final SwitchoverProcedure procedure;
    private final Scout scout;
    private final Poolers poolers;

    Switchovers(
            EstafetConfig config,
            Cluster cluster,
            ClusterView view,
            Operations operations,
            SwitchoverProcedure procedure,
            Scout scout,
            Poolers poolers) {
        this.config = config;
        this.cluster = cluster;
        this.view = view;
        this.operations = operations;
        this.procedure = procedure;
        this.scout = scout;
        this.poolers = poolers;
    }

    /** Begins a switchover to this node. */
    public Operation start(SwitchoverRequest request, Order order) {
        requireStandbys(request.candidate(), request.exclude());
        return operations.start(procedure, request, order);
    }

    private void requireStandbys(String candidate, List<String> exclude) {
        cluster.member(candidate);
        exclude.stream().filter(it -> !poolers.names().contains(it)).forEach(cluster::member);
        if (exclude.contains(candidate)) {
            throw new Problem(
                            Kind.INVALID_REQUEST,
                            "%s is the candidate and cannot be excluded.".formatted(candidate),
                            "Exclude other standbys only.")
                    .raised();
        }
    }

    /** The table's rows, for dry runs and for the documentation. */
    public SwitchoverProcedure procedure() {
        return procedure;
    }

    /** Makes all checks and changes nothing. */
    public Readiness readiness(String candidate, Optional<Long> maxLagBytes, List<String> exclude) {
        requireStandbys(candidate, exclude);
        var limit = maxLagBytes.orElse(config.lag().switchover().asLongValue());
        var situation = scout.situation(candidate, limit, exclude);
        var checks = new Preflight(situation).checks();
        var primaries = situation.primaries();
        return new Readiness(
                checks.stream().noneMatch(Check::isFailure),
                candidate,
                primaries.size() == 1 ? primaries.getFirst() : null,
                checks,
                prediction(situation));
    }

    /** The standby that has replayed most of those that stream. */
    public String mostAdvancedStandby() {
        view.look();
        return view.states().values().stream()
                .filter(state -> state.streaming() && state.replayLsn() != null)
                .max(Comparator.comparing(NodeState::replayLsn, Comparator.nullsFirst(Comparator.naturalOrder())))
                .map(NodeState::node)
                .orElseThrow(() -> new Problem(
                                Kind.NOT_READY,
                                "No standby streams, so none can be chosen as candidate.",
                                "Look at GET /status, or name one in the request.")
                        .raised());
    }

    private Prediction prediction(Situation situation) {
        var measured = operations.list().stream().flatMap(Forecast.Measured::by).toList();
        return new Forecast(measured).of(situation.candidate(), cluster.self(), backlog(situation));
    }

    private static Backlog backlog(Situation situation) {
        var lag = situation.candidateState().lag();
        var primary = situation.primaries().stream()
                .filter(situation::answers)
                .map(situation::server)
                .findFirst();
        return new Backlog(
                lag == null ? 0 : lag.bytes(),
                primary.map(Server::dirtyBytes).orElse(0L),
                primary.flatMap(it -> Optional.ofNullable(it.lastCheckpoint()))
                        .map(LastCheckpoint::seconds)
                        .orElse(0L));
    }
}

package dev.estafet.rejoin;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.operation.Operation;
import dev.estafet.operation.Operations;
import dev.estafet.operation.Operations.Order;
import jakarta.inject.Singleton;

/** What callers can ask of rejoins: begin one, or see what it would do. */
@Singleton
public final class Rejoins {

    private final Operations operations;
    private final RejoinProcedure procedure;
    private final Surveyor surveyor;

    Rejoins(Operations operations, RejoinProcedure procedure, Surveyor surveyor) {
        this.operations = operations;
        this.procedure = procedure;
        this.surveyor = surveyor;
    }

    /** Begins to bring this node's server back. */
    public Operation start(RejoinRequest request, Order order) {
        return operations.start(procedure, request, order);
    }

    /** The table's rows, for dry runs and for the documentation. */
    public RejoinProcedure procedure() {
        return procedure;
    }

    /** Looks and changes nothing. */
    public RejoinPlan plan(RejoinRequest request) {
        var situation = surveyor.situation();
        var comparison = situation.comparison();
        var fork = comparison.fork();
        return new RejoinPlan(
                comparison.way().compareTo(request.farthest()) <= 0,
                request.node(),
                situation.primary().state().node(),
                comparison.way(),
                comparison.why(),
                fork == null ? null : fork.point(),
                fork == null ? null : fork.bytes());
    }

    /** Why a way is not gone, and what to say to have it gone. */
    static Problem refusal(String node, boolean isClosed, Comparison comparison) {
        return new Problem(
                isClosed ? Kind.DATA_UNUSABLE : Kind.NOT_READY,
                comparison.why(),
                comparison.way() == Way.CLONE
                        ? ("POST /nodes/%s/rejoin with replaceData: true sets its data aside (renamed, not deleted) and copies the"
                                        + " primary.")
                                .formatted(node)
                        : "POST /nodes/%s/rejoin takes it behind the primary.".formatted(node));
    }
}

package dev.estafet.operation;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.node.Decision;
import dev.estafet.node.Enlistment;
import dev.estafet.node.Enlistments;
import dev.estafet.node.NodeState;
import dev.estafet.operation.Operations.Order;
import dev.estafet.pgbouncer.Poolers;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A person's word on what became of an operation, for a node that takes part in it and cannot hear it from the driver: the
 * driver is gone for good, or has lost its journal. The word counts only where the driver has none of its own.
 */
@Singleton
public final class Settlement {

    private final Cluster cluster;
    private final ClusterView view;
    private final Enlistments enlistments;
    private final Reconciliation reconciliation;
    private final Operations operations;
    private final Poolers poolers;

    Settlement(
            Cluster cluster,
            ClusterView view,
            Enlistments enlistments,
            Reconciliation reconciliation,
            Operations operations,
            Poolers poolers) {
        this.cluster = cluster;
        this.view = view;
        this.enlistments = enlistments;
        this.reconciliation = reconciliation;
        this.operations = operations;
        this.poolers = poolers;
    }

    /** What the person said, as the journal keeps it. */
    @RegisterForReflection
    @Schema(name = "SettlementOrder", description = "A person's word on an operation.")
    public record Word(
            @Schema(description = "The operation.", examples = "pg2-20261122T220312576-ef97")
            String operation,

            @Schema(description = "What became of it.") Decision decision) {}

    /**
     * Ends this node's part in an operation as that person says.
     *
     * @return the journal's record of it
     * @throws ProblemException of kind {@link Kind#NOT_READY} where the word contradicts what can be seen
     */
    public Operation settle(Word word, Order order) {
        var enlistment = enlistments
                .current()
                .filter(it -> it.operation().equals(word.operation()))
                .orElseThrow(() -> notReady(
                        "%s takes no part in operation %s.".formatted(cluster.self(), word.operation()),
                        "Nothing has to be decided for it; GET /status tells what each node takes part in."));
        if (word.decision() != Decision.ABORTED && word.decision() != Decision.COMMITTED) {
            throw new Problem(
                            Kind.INVALID_REQUEST,
                            "%s is no decision that a person can take.".formatted(word.decision()),
                            "Say aborted or committed.")
                    .raised();
        }
        requireSilentDriver(enlistment);
        if (word.decision() == Decision.ABORTED) {
            requireNoOtherPrimary();
        }
        poolers.resumeLater(word.operation());
        reconciliation.apply(enlistment, word.decision());
        return operations.record(Operation.Kind.SETTLEMENT, word, order);
    }

    private void requireSilentDriver(Enlistment enlistment) {
        var driver = enlistment.driver();
        if (driver.equals(cluster.self())) {
            throw notReady(
                    "%s drives this operation itself.".formatted(driver),
                    "Cancel it with DELETE /operations/%s, or wait for its end.".formatted(enlistment.operation()));
        }
        decisionOf(enlistment).filter(it -> it != Decision.UNKNOWN).ifPresent(known -> {
            throw notReady(
                    "The driver %s answers, and says that the operation is %s.".formatted(driver, known),
                    "Nothing has to be decided: this node does what its driver says, within seconds.");
        });
    }

    private Optional<Decision> decisionOf(Enlistment enlistment) {
        try {
            return Optional.of(
                    cluster.askBriefly(enlistment.driver(), driver -> driver.decision(enlistment.operation())));
        } catch (ProblemException silent) {
            return Optional.empty();
        }
    }

    private void requireNoOtherPrimary() {
        view.look();
        view.states().values().stream()
                .filter(state -> !state.node().equals(cluster.self()))
                .filter(NodeState::isRunningPrimary)
                .findFirst()
                .ifPresent(other -> {
                    throw notReady(
                            "%s runs as primary, so the operation was not aborted.".formatted(other.node()),
                            "Say committed: this node then follows it.");
                });
    }

    private static RuntimeException notReady(String detail, String remedy) {
        return new Problem(Kind.NOT_READY, detail, remedy).raised();
    }
}

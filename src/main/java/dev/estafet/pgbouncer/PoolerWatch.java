package dev.estafet.pgbouncer;

import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.node.Decision;
import dev.estafet.node.Decisions;
import dev.estafet.node.Enlistment;
import dev.estafet.node.Enlistments;
import dev.estafet.node.NodeState;
import dev.estafet.pgbouncer.Pauses.Owed;
import dev.estafet.pgbouncer.Poolers.Primary;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Resumes what a switchover could not: poolers that did not answer when it was their turn, and those that were paused by a
 * driver which has fallen silent while the primary works on. It waits while an operation that answers is under way.
 */
@Singleton
final class PoolerWatch {

    private static final Logger LOG = Logger.getLogger(PoolerWatch.class);

    /** How long a driver may be silent before the primary lets the clients on that wait for it. */
    private static final Duration SILENCE = Duration.ofSeconds(10);

    private final Cluster cluster;
    private final ClusterView view;
    private final Enlistments enlistments;
    private final Decisions decisions;
    private final Pauses pauses;
    private final Poolers poolers;
    private @Nullable Long silentSince;

    PoolerWatch(
            Cluster cluster,
            ClusterView view,
            Enlistments enlistments,
            Decisions decisions,
            Pauses pauses,
            Poolers poolers) {
        this.cluster = cluster;
        this.view = view;
        this.enlistments = enlistments;
        this.decisions = decisions;
        this.pauses = pauses;
        this.poolers = poolers;
    }

    @Scheduled(every = "${estafet.probe.interval:1s}", concurrentExecution = ConcurrentExecution.SKIP)
    @RunOnVirtualThread
    void look() {
        pauses.current().ifPresent(this::resumeOwed);
        if (!poolers.names().isEmpty()) {
            resumeForgotten();
        }
    }

    private void resumeOwed(Owed owed) {
        if (decisions.on(owed.operation()) == Decision.PENDING && !poolers.isDue()
                || isAnotherUnderWay(owed.operation())) {
            return;
        }
        primary().ifPresent(primary -> {
            var failures = poolers.resume(owed.operation(), owed.poolers(), List.of(), primary);
            if (failures.isEmpty()) {
                LOG.infof("%s: %s are resumed, and lead to %s", owed.operation(), owed.poolers(), primary.node());
            }
        });
    }

    private boolean isAnotherUnderWay(String operation) {
        return enlistments
                        .current()
                        .map(Enlistment::operation)
                        .filter(it -> !it.equals(operation))
                        .isPresent()
                || view.states().values().stream()
                        .filter(state -> view.isReachable(state.node()))
                        .map(NodeState::operation)
                        .anyMatch(it -> it != null && !it.equals(operation));
    }

    private Optional<Primary> primary() {
        return view.states().values().stream()
                .filter(NodeState::isWritable)
                .filter(state -> state.systemIdentifier() != null)
                .map(state -> new Primary(state.node(), String.valueOf(state.systemIdentifier())))
                .findFirst();
    }

    /** This node is a primary that was never stopped, and whoever wanted to stop it does not answer any more. */
    private void resumeForgotten() {
        var enlistment = enlistments.current().filter(this::isSilent);
        if (enlistment.isEmpty() || !view.state(cluster.self()).isWritable()) {
            silentSince = null;
            return;
        }
        if (silentSince == null) {
            silentSince = System.nanoTime();
        }
        if (System.nanoTime() - silentSince < SILENCE.toNanos()) {
            return;
        }
        var paused = poolers.paused();
        if (!paused.isEmpty()) {
            LOG.warnf(
                    "%s: its driver %s has fallen silent, and this node works on as primary: %s are resumed",
                    enlistment.get().operation(), enlistment.get().driver(), paused);
            primary().ifPresent(primary -> poolers.resume(enlistment.get().operation(), paused, List.of(), primary));
        }
    }

    private boolean isSilent(Enlistment enlistment) {
        return !enlistment.driver().equals(cluster.self())
                && !enlistment.isDemoted()
                && !view.isReachable(enlistment.driver());
    }
}

package dev.estafet.operation;

import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.cluster.Cluster;
import dev.estafet.node.Decision;
import dev.estafet.node.Enlistment;
import dev.estafet.node.Enlistments;
import dev.estafet.node.LocalNode;
import dev.estafet.node.Upstream;
import dev.estafet.postgres.Slot;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/**
 * A node that is enlisted asks the driver each second what became of the operation, and mostly hears that it goes on. A demoted
 * primary goes back to work only when the driver has durably answered that it was aborted; it follows the driver when that
 * was promoted; without an answer it stays down, and {@code /status} says so.
 */
@Singleton
final class Reconciliation {

    private static final Logger LOG = Logger.getLogger(Reconciliation.class);

    private final Cluster cluster;
    private final Enlistments enlistments;
    private final LocalNode node;

    Reconciliation(Cluster cluster, Enlistments enlistments, LocalNode node) {
        this.cluster = cluster;
        this.enlistments = enlistments;
        this.node = node;
    }

    @Scheduled(every = "${estafet.probe.interval:1s}", concurrentExecution = ConcurrentExecution.SKIP)
    @RunOnVirtualThread
    void askRegularly() {
        enlistments.current().filter(it -> !it.driver().equals(cluster.self())).ifPresent(this::ask);
    }

    private void ask(Enlistment enlistment) {
        try {
            apply(enlistment, cluster.askBriefly(enlistment.driver(), it -> it.decision(enlistment.operation())));
        } catch (ProblemException failure) {
            if (failure.problem().kind() != Kind.PEER_UNREACHABLE) {
                LOG.warnf("%s is not settled here: %s", enlistment.operation(), failure.getMessage());
            }
        }
    }

    /** Ends this node's part as was decided; without a decision it goes on. */
    void apply(Enlistment enlistment, Decision decision) {
        var operation = enlistment.operation();
        switch (decision) {
            case PENDING -> {
                return;
            }
            case ABORTED -> node.resume(operation);
            case COMMITTED -> followDriver(enlistment);
            case UNKNOWN -> {
                if (enlistment.isDemoted()) {
                    LOG.warnf("%s is not known to its driver any more: a person has to decide", operation);
                    return;
                }
            }
        }
        LOG.infof("%s was %s, says its driver %s: this node is free again", operation, decision, enlistment.driver());
        node.release(operation);
    }

    /**
     * Not so a fenced server, which may have forked and is for a rejoin to bring back; nor a primary that was never demoted: it
     * became one by a later operation, and the word it gave is an old one.
     */
    private void followDriver(Enlistment enlistment) {
        if (enlistment.isFenced()) {
            return;
        }
        if (enlistment.isDemoted() || !node.state().isRunningPrimary()) {
            node.follow(enlistment.operation(), new Upstream(enlistment.driver(), Slot.of(cluster.self())));
        }
    }
}

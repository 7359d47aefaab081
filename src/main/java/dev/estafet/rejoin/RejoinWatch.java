package dev.estafet.rejoin;

import dev.estafet.EstafetConfig;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.node.Enlistments;
import dev.estafet.node.Fence;
import dev.estafet.node.Following;
import dev.estafet.node.Node;
import dev.estafet.node.NodeState;
import dev.estafet.node.Prober;
import dev.estafet.node.Role;
import dev.estafet.node.Troubles;
import dev.estafet.node.Upstream;
import dev.estafet.operation.Operation;
import dev.estafet.operation.Operation.State;
import dev.estafet.operation.Operations;
import dev.estafet.operation.Operations.Order;
import dev.estafet.postgres.Installation;
import dev.estafet.postgres.PgControlData;
import dev.estafet.postgres.PgCtl;
import dev.estafet.postgres.Slot;
import dev.estafet.rejoin.Surveyor.Situation;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Brings this node's server back behind the primary by itself, as far as {@code estafet.rejoin} goes, while it takes part in
 * no operation:
 *
 * <ul>
 *   <li>A server that runs as primary although a peer is writable on a newer timeline is stopped at once, whatever is
 *       configured; then it is one of the next sort.
 *   <li>A stopped server that was a primary in its last life, on an older timeline than the primary's, is brought back. A
 *       stopped standby is left alone, since somebody may have stopped it on purpose; unless it was a rejoin that did it.
 *   <li>A running standby that streams from nobody for a while, or from a server that is no member's standby and not the
 *       primary, is made to follow the primary. What streams from another standby is that one's business, and what is fed by
 *       a {@code restore_command} alone is meant to be.
 * </ul>
 */
@Singleton
final class RejoinWatch {

    private static final Logger LOG = Logger.getLogger(RejoinWatch.class);

    /** A standby reconnects by itself, at intervals of {@code wal_retrieve_retry_interval}, 5 s. */
    private static final Duration PATIENCE = Duration.ofSeconds(6);

    private static final Duration SOON = Duration.ofSeconds(2);
    private static final Duration LATER = Duration.ofSeconds(10);

    private final EstafetConfig config;
    private final Cluster cluster;
    private final ClusterView view;
    private final Prober prober;
    private final Enlistments enlistments;
    private final Operations operations;
    private final Rejoins rejoins;
    private final Surveyor surveyor;
    private final Fence fence;
    private final Following following;
    private final Installation installation;
    private final PgCtl pgCtl;

    private long detachedSince;
    private boolean isDetached;
    private final Attempts attempts;
    private @Nullable String attempt;

    RejoinWatch(
            EstafetConfig config,
            Cluster cluster,
            ClusterView view,
            Prober prober,
            Enlistments enlistments,
            Operations operations,
            Rejoins rejoins,
            Surveyor surveyor,
            Fence fence,
            Following following,
            Troubles troubles,
            Installation installation,
            PgCtl pgCtl) {
        this.config = config;
        this.cluster = cluster;
        this.view = view;
        this.prober = prober;
        this.enlistments = enlistments;
        this.operations = operations;
        this.rejoins = rejoins;
        this.surveyor = surveyor;
        this.fence = fence;
        this.following = following;
        this.attempts = new Attempts(cluster.self(), troubles);
        this.installation = installation;
        this.pgCtl = pgCtl;
    }

    @Scheduled(every = "${estafet.probe.interval:1s}", concurrentExecution = ConcurrentExecution.SKIP)
    @RunOnVirtualThread
    void look() {
        if (isBusy()) {
            return;
        }
        try {
            settleLastAttempt();
            var own = prober.current();
            if (own.isRunningPrimary()) {
                stopIfStale(own);
                attempts.succeeded();
            } else {
                primary(own).ifPresent(primary -> lookBehind(primary, own));
            }
        } catch (ProblemException failure) {
            LOG.debugf(failure, "The look for a primary to follow failed");
        }
    }

    private boolean isBusy() {
        return enlistments.current().isPresent() || operations.current().isPresent();
    }

    /** The peer's word must be fresh, and this node's label withdrawn already: so a rightful primary is never stopped. */
    private void stopIfStale(NodeState own) {
        if (own.isWritable() || !prober.isOutranked()) {
            return;
        }
        for (var peer : cluster.peers()) {
            if (ClusterView.isNewerPrimary(view.state(peer), own)) {
                var fresh = cluster.askBriefly(peer, Node::report).state();
                if (Surveyor.mustGiveWay(prober.probe(), fresh) && !isBusy()) {
                    fence.stopStalePrimary("%s is writable on the newer timeline %s".formatted(peer, fresh.timeline()));
                    return;
                }
            }
        }
    }

    /** The only writable member, if this node could follow it. */
    private Optional<NodeState> primary(NodeState own) {
        var writable = cluster.peers().stream()
                .map(view::state)
                .filter(NodeState::isWritable)
                .toList();
        return Optional.of(writable)
                .filter(it -> it.size() == 1)
                .map(List::getFirst)
                .filter(it -> Objects.equals(it.systemIdentifier(), own.systemIdentifier()));
    }

    private void lookBehind(NodeState primary, NodeState own) {
        if (!isLeftBehind(primary, own)) {
            attempts.succeeded();
            return;
        }
        if (!attempts.areDue()) {
            return;
        }
        try {
            bringBack(surveyor.situation());
        } catch (ProblemException failure) {
            if (failure.problem().kind() == Kind.OPERATION_IN_PROGRESS) {
                attempts.pause(SOON);
            } else {
                attempts.failed(failure.problem().detail(), failure.problem().remedy());
            }
        }
    }

    private boolean isLeftBehind(NodeState primary, NodeState own) {
        if (own.isReadable()) {
            return isDetached(primary, own);
        }
        return !pgCtl.isRunning() && (wasOutranked(primary) || isUnfinished());
    }

    private boolean isDetached(NodeState primary, NodeState own) {
        var detached = own.streaming() ? isOlder(own, primary) && !streamsFromStandby(own) : !isOlder(primary, own);
        if (!detached) {
            isDetached = false;
            return false;
        }
        if (!isDetached) {
            isDetached = true;
            detachedSince = System.nanoTime();
        }
        return System.nanoTime() - detachedSince > PATIENCE.toNanos();
    }

    private static boolean isOlder(NodeState one, NodeState other) {
        return one.timeline() != null
                && other.timeline() != null
                && other.timeline().isAfter(one.timeline());
    }

    private boolean streamsFromStandby(NodeState own) {
        return cluster.peers().stream()
                .filter(peer -> cluster.address(peer).equals(own.upstream()))
                .map(view::state)
                .anyMatch(peer -> peer.role() == Role.STANDBY && peer.isReadable());
    }

    /** Nobody who starts it from now on gets a second primary. */
    private boolean wasOutranked(NodeState primary) {
        var outranked = PgControlData.read(installation.data())
                .filter(it -> it.wasPrimary() && !installation.isFreshCopy())
                .filter(it -> primary.timeline() != null && primary.timeline().isAfter(it.newestTimeline()))
                .isPresent();
        if (outranked) {
            fence.keepFromStarting();
        }
        return outranked;
    }

    /**
     * Whether the last thing that this node did was a rejoin that left its server down: of one that was a primary, or that a
     * rewind was begun on. Its control file may not tell any more that it was a primary, since the end of its WAL is found by
     * recovering it as a standby.
     */
    private boolean isUnfinished() {
        return operations.list().stream()
                .findFirst()
                .filter(it -> it.kind() == Operation.Kind.REJOIN)
                .filter(it -> it.state() == State.FAILED || it.state() == State.INTERRUPTED)
                .filter(it -> wasPrimary(it)
                        || it.phases().stream().anyMatch(step -> step.name().equals("rewind")))
                .isPresent();
    }

    private static boolean wasPrimary(Operation rejoin) {
        return rejoin.facts() != null && rejoin.facts().path("wasPrimary").asBoolean();
    }

    private void bringBack(Situation situation) {
        var comparison = situation.comparison();
        var farthest = farthest();
        if (farthest.isEmpty() || comparison.way().compareTo(farthest.get()) > 0) {
            var refusal = Rejoins.refusal(
                    cluster.self(), situation.own() != null && situation.own().isClosed(), comparison);
            attempts.failed(refusal.detail(), refusal.remedy());
        } else if (isOnItsWay(situation)) {
            attempts.pause(LATER);
        } else {
            begin(new RejoinRequest(cluster.self(), farthest.get()), comparison);
        }
    }

    private Optional<Way> farthest() {
        return switch (config.rejoin()) {
            case OFF -> Optional.empty();
            case STRAIGHT -> Optional.of(Way.STRAIGHT);
            case REWIND -> Optional.of(Way.REWIND);
            case CLONE -> Optional.of(Way.CLONE);
        };
    }

    /** A running standby that is pointed at the primary, and has its slot, only has to be given time, or a network. */
    private boolean isOnItsWay(Situation situation) {
        var own = situation.own();
        var slot = Slot.of(cluster.self());
        if (own == null || !own.runs() || situation.comparison().way() != Way.STRAIGHT || !following.isAnswering()) {
            return false;
        }
        var hasSlot = situation
                .primary()
                .running()
                .flatMap(server -> server.slot(slot))
                .filter(it -> !it.isLost())
                .isPresent();
        return (own.hasRestoreCommand() && following.isPointedAtNobody())
                || (hasSlot
                        && following.isPointedAt(
                                new Upstream(situation.primary().state().node(), slot)));
    }

    private void begin(RejoinRequest request, Comparison comparison) {
        var order = new Order(cluster.self() + " itself", comparison.why(), null);
        attempt = rejoins.start(request, order).id();
    }

    /** A failure is told until an attempt succeeds or is not needed any more; the next one comes after a growing pause. */
    private void settleLastAttempt() {
        var id = attempt;
        if (id == null) {
            return;
        }
        attempt = null;
        var ended = operations.find(id).orElseThrow();
        var problem = ended.problem();
        if (problem == null) {
            attempts.succeeded();
        } else if (problem.kind() == Kind.OPERATION_IN_PROGRESS) {
            attempts.pause(SOON);
        } else {
            attempts.failed(
                    "Operation %s failed: %s".formatted(id, problem.detail()),
                    problem.remedy()
                            + " It is tried again by itself; POST /nodes/%s/rejoin tries at once."
                                    .formatted(cluster.self()));
        }
    }
}

package dev.estafet.traffic;

import dev.estafet.EstafetConfig;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.node.Label;
import dev.estafet.node.NodeState;
import io.quarkus.runtime.Startup;
import io.vertx.core.Vertx;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * What this node may tell of the others. {@link ClusterView} keeps what was last heard; here it is doubted where traffic
 * that went there could go wrong:
 *
 * <ul>
 *   <li>A peer is believed to be writable only as long as its service answers; one failed question is enough to doubt it.
 *   <li>Of two that were heard to be writable, the one on the newer timeline is believed.
 *   <li>A process that was stopped and goes on ({@code SIGSTOP}, a paused virtual machine) remembers a past that may be
 *       over: until it has asked its peers again, it has seen nobody.
 * </ul>
 */
@Singleton
@Startup
class Sight {

    private static final long TICK_MILLIS = 100;

    private final Cluster cluster;
    private final ClusterView view;
    private final Duration longest;
    private volatile long tick = System.nanoTime();
    /** {@link System#nanoTime} before which nothing that was heard counts. */
    private volatile long awakeSince = tick;

    Sight(EstafetConfig config, Cluster cluster, ClusterView view, Vertx vertx) {
        this.cluster = cluster;
        this.view = view;
        this.longest = config.probe().interval();
        vertx.setPeriodic(TICK_MILLIS, timer -> tick());
    }

    private void tick() {
        noticeStandstill();
        tick = System.nanoTime();
    }

    private void noticeStandstill() {
        var now = System.nanoTime();
        if (now - tick > longest.toNanos()) {
            awakeSince = now;
        }
    }

    /** Each member as far as it may be believed, in the order of the names. */
    SequencedMap<String, NodeState> states() {
        noticeStandstill();
        var states = new TreeMap<String, NodeState>();
        cluster.names().forEach(name -> states.put(name, heard(name)));
        states.replaceAll((name, state) -> doubted(state, states));
        return states;
    }

    /** A member as far as it may be believed. */
    NodeState state(String name) {
        cluster.member(name);
        return Objects.requireNonNull(states().get(name));
    }

    private NodeState heard(String name) {
        return isUnseen(name)
                ? view.state(name).labelled(Label.UNAVAILABLE, "%s cannot see it now".formatted(cluster.self()))
                : view.state(name);
    }

    private NodeState doubted(NodeState state, SequencedMap<String, NodeState> states) {
        if (!state.isWritable() || state.node().equals(cluster.self())) {
            return state;
        }
        if (!view.isReachable(state.node())) {
            return state.labelled(Label.UNAVAILABLE, "its service did not answer the last question");
        }
        return states.values().stream()
                .filter(other -> other.isWritable() && ClusterView.isNewerPrimary(other, state))
                .findFirst()
                .map(newer -> state.labelled(
                        Label.READ_ONLY,
                        "%s is primary on the newer timeline %s".formatted(newer.node(), newer.timeline())))
                .orElse(state);
    }

    /** Members of which nothing is known any more: they may be well and serve, or not. */
    List<String> unseen() {
        noticeStandstill();
        return cluster.peers().stream().filter(this::isUnseen).toList();
    }

    private boolean isUnseen(String name) {
        return !name.equals(cluster.self()) && !view.isHeard(name, awakeSince);
    }

    /** Whether there are peers, and none can be seen: then it is probably this node that is cut off. */
    boolean isCutOff() {
        var peers = cluster.peers();
        return !peers.isEmpty() && unseen().size() == peers.size();
    }
}

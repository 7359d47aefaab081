package dev.estafet.cluster;

import dev.estafet.EstafetConfig;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.node.Label;
import dev.estafet.node.LabelChanged;
import dev.estafet.node.News;
import dev.estafet.node.Node;
import dev.estafet.node.NodeReport;
import dev.estafet.node.NodeState;
import dev.estafet.node.PrimaryMemory;
import dev.estafet.node.Prober;
import dev.estafet.node.Role;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * How the members looked the last time: this node by its own probe, the others by what their services said, asked each
 * interval and told at once when a label changes. Answers from memory; what is too old counts as unavailable.
 */
@Singleton
public final class ClusterView {

    private static final Logger LOG = Logger.getLogger(ClusterView.class);

    private final EstafetConfig config;
    private final Cluster cluster;
    private final Prober prober;
    private final PrimaryMemory memory;
    private final Map<String, Seen> seen = new ConcurrentHashMap<>();

    ClusterView(EstafetConfig config, Cluster cluster, Prober prober, PrimaryMemory memory) {
        this.config = config;
        this.cluster = cluster;
        this.prober = prober;
        this.memory = memory;
        cluster.peers().forEach(name -> seen.put(name, Seen.never(name)));
    }

    /** Each member's last known state, in the order of the names, from memory; what is too old is unavailable. */
    public SequencedMap<String, NodeState> states() {
        var states = new TreeMap<String, NodeState>();
        cluster.names().forEach(name -> states.put(name, state(name)));
        return states;
    }

    /** A member's last known state, from memory. */
    public NodeState state(String name) {
        if (name.equals(cluster.self())) {
            return prober.current();
        }
        var last = Optional.ofNullable(seen.get(name)).orElseThrow();
        if (isFresh(last)) {
            return last.state();
        }
        return last.state().labelled(Label.UNAVAILABLE, "its service does not answer: " + last.failure());
    }

    private boolean isFresh(Seen last) {
        return last.isWithin(config.probe().interval().multipliedBy(Prober.STALE_AFTER));
    }

    /** Whether what is known of a peer is not too old, and was asked for after {@code since} ({@link System#nanoTime}). */
    public boolean isHeard(String peer, long since) {
        var last = Optional.ofNullable(seen.get(peer)).orElseThrow();
        return isFresh(last) && last.asked() - since >= 0;
    }

    /** Whether the member's service answered the last time it was asked. */
    public boolean isReachable(String name) {
        return name.equals(cluster.self())
                || Optional.ofNullable(seen.get(name))
                        .map(it -> it.failure() == null)
                        .orElse(false);
    }

    /** Names of this node and of all whose service answered the last time it was asked. */
    public List<String> reachable() {
        return cluster.names().stream().filter(this::isReachable).toList();
    }

    @Scheduled(every = "${estafet.probe.interval:1s}", concurrentExecution = ConcurrentExecution.SKIP)
    @RunOnVirtualThread
    void lookRegularly() {
        look();
        memory.keep();
    }

    /** Asks all peers for their state now, at the same time. */
    public void look() {
        memory.saw(prober.current());
        cluster.onEach(cluster.peers(), name -> {
            var asked = System.nanoTime();
            try {
                heard(cluster.askBriefly(name, Node::state), asked);
            } catch (ProblemException failure) {
                missed(name, asked, failure);
            }
            return true;
        });
        prober.outranked(rival().orElse(null));
    }

    private void missed(String name, long asked, ProblemException failure) {
        seen.computeIfPresent(
                name, (peer, before) -> before.missed(asked, failure.problem().detail()));
    }

    private void heard(NodeState state, long asked) {
        memory.saw(state);
        seen.computeIfPresent(state.node(), (peer, before) -> before.heard(state, asked, atOnce()));
    }

    private Duration atOnce() {
        return config.probe().timeOut();
    }

    void hear(@Observes News news) {
        if (cluster.peers().contains(news.state().node())) {
            heard(news.state(), System.nanoTime());
            rival().ifPresent(prober::outranked);
        }
    }

    /** Tells all peers at once and waits for none: the label may have turned in the middle of a write gap. */
    void spread(@Observes LabelChanged change) {
        cluster.peers()
                .forEach(name -> Thread.ofVirtual().start(() -> {
                    try {
                        cluster.askBriefly(name, node -> {
                            node.hear(change.state());
                            return true;
                        });
                    } catch (ProblemException unreachable) {
                        LOG.debugf(unreachable, "%s will see the new label when it looks", name);
                    }
                }));
    }

    /**
     * Why this node is a stale primary, whatever its server says: a peer is primary on a newer timeline, or was so when it was
     * last heard. That counts until this node is on a newer timeline itself, or the peer says otherwise: that it falls silent,
     * or that its server is down, does not make an older primary right.
     */
    private Optional<String> rival() {
        var own = prober.current();
        return seen.values().stream()
                .map(Seen::state)
                .filter(peer -> isNewerPrimary(peer, own))
                .map(peer -> "%s is primary on the newer timeline %s".formatted(peer.node(), peer.timeline()))
                .findFirst();
    }

    /** Whether a peer is, or would be started as, primary of the same cluster on a newer timeline. */
    public static boolean isNewerPrimary(NodeState peer, NodeState own) {
        return peer.role() == Role.PRIMARY
                && peer.systemIdentifier() != null
                && peer.systemIdentifier().equals(own.systemIdentifier())
                && peer.timeline() != null
                && own.timeline() != null
                && peer.timeline().isAfter(own.timeline());
    }

    /** Fresh reports of all members, asked at the same time; instead of one that failed, a report of that. */
    public SequencedMap<String, NodeReport> reports() {
        var reports = new TreeMap<String, NodeReport>();
        cluster.onEach(cluster.names(), name -> {
                    var asked = System.nanoTime();
                    try {
                        var report = cluster.askBriefly(name, Node::report);
                        heard(report.state(), asked);
                        return report;
                    } catch (ProblemException failure) {
                        if (failure.problem().kind() == Kind.PEER_UNREACHABLE) {
                            missed(name, asked, failure);
                        }
                        return new NodeReport(
                                Seen.unreachable(name, failure.problem().detail()), null);
                    }
                })
                .forEach(reports::put);
        return reports;
    }
}

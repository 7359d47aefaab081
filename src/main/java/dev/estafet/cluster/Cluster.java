package dev.estafet.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Member;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.Secrets;
import dev.estafet.node.Label;
import dev.estafet.node.LabelChanged;
import dev.estafet.node.LocalNode;
import dev.estafet.node.News;
import dev.estafet.node.Node;
import dev.estafet.node.NodeReport;
import dev.estafet.node.NodeState;
import dev.estafet.node.Prober;
import dev.estafet.node.Role;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.ws.rs.ProcessingException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The members, how to speak to them, and how they looked the last time. */
@Singleton
public final class Cluster {

    private static final Logger LOG = Logger.getLogger(Cluster.class);
    private static final int STALE_AFTER = 3;

    private final EstafetConfig config;
    private final LocalNode self;
    private final Prober prober;
    /** Clients for short answers, and for those that wait for a server's stop, start or checkpoint. */
    private final Map<String, Node> brief = new HashMap<>();

    private final Map<String, Node> patient = new HashMap<>();
    private final Map<String, Seen> seen = new ConcurrentHashMap<>();

    Cluster(EstafetConfig config, LocalNode self, Prober prober, ObjectMapper json) {
        this.config = config;
        this.self = self;
        this.prober = prober;
        var timeOuts = config.timeOuts();
        var longest = timeOuts.stop()
                .plus(timeOuts.start())
                .plus(timeOuts.archiver())
                .plus(timeOuts.checkpoint())
                .plus(timeOuts.peer());
        var credentials = new PeerClient.Credentials(
                config.cluster(), Secrets.token(config.peer()).orElse(""));
        peers().forEach(name -> {
            var service = member(name).service();
            brief.put(name, PeerClient.of(service, credentials, json, timeOuts.peer(), timeOuts.peer()));
            patient.put(name, PeerClient.of(service, credentials, json, timeOuts.peer(), longest));
            seen.put(name, Seen.never(name));
        });
    }

    /** What was last heard from a peer, and when. */
    private record Seen(
            NodeState state, Instant at, @Nullable String failure) {

        static Seen never(String name) {
            return new Seen(unreachable(name, "its service has not answered yet"), Instant.EPOCH, "not asked yet");
        }
    }

    /** This node's name. */
    public String self() {
        return config.node();
    }

    /** All members' names, in order. */
    public Collection<String> names() {
        return new TreeMap<>(config.members()).sequencedKeySet();
    }

    /** All other members' names, in order. */
    public List<String> peers() {
        return names().stream().filter(name -> !name.equals(self())).toList();
    }

    /** A member's addresses. */
    public Member member(String name) {
        return Optional.ofNullable(config.members().get(name))
                .orElseThrow(() -> new Problem(
                                Kind.UNKNOWN_MEMBER,
                                "There is no member %s.".formatted(name),
                                "The members are %s.".formatted(String.join(", ", names())))
                        .raised());
    }

    /**
     * Asks a member something, this node directly and another over REST.
     *
     * @throws ProblemException what the member answered, or of kind {@link Kind#PEER_UNREACHABLE}
     */
    public <T> T ask(String name, Function<Node, T> question) {
        return ask(name, patient, question);
    }

    /** Like {@link #ask}, for what answers nothing. */
    public void tell(String name, Consumer<Node> verb) {
        ask(name, node -> {
            verb.accept(node);
            return true;
        });
    }

    /** Like {@link #ask}, for what is answered at once; a peer that does not is taken as unreachable soon. */
    public <T> T askBriefly(String name, Function<Node, T> question) {
        return ask(name, brief, question);
    }

    private <T> T ask(String name, Map<String, Node> clients, Function<Node, T> question) {
        if (name.equals(self())) {
            return question.apply(self);
        }
        var service = member(name).service();
        try {
            return question.apply(clients.get(name));
        } catch (ProcessingException failure) {
            throw new Problem(
                            Kind.PEER_UNREACHABLE,
                            "The service of %s at %s does not answer: %s"
                                    .formatted(name, service, rootMessage(failure)),
                            "Start it, or mend the network between the nodes; see estafet.members.%s.service."
                                    .formatted(name))
                    .raisedBy(failure);
        } catch (ProblemException failure) {
            var problem = failure.problem();
            throw new Problem(problem.kind(), name + ": " + problem.detail(), problem.remedy()).raisedBy(failure);
        }
    }

    private static String rootMessage(Throwable failure) {
        var root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }

    /** Each member's last known state, in the order of the names, from memory; what is too old is unavailable. */
    public SequencedMap<String, NodeState> states() {
        var states = new TreeMap<String, NodeState>();
        names().forEach(name -> states.put(name, state(name)));
        return states;
    }

    /** A member's last known state, from memory. */
    public NodeState state(String name) {
        if (name.equals(self())) {
            return prober.current();
        }
        var last = Optional.ofNullable(seen.get(name)).orElseThrow();
        var age = Duration.between(last.at(), Instant.now());
        if (age.compareTo(config.probe().interval().multipliedBy(STALE_AFTER)) <= 0) {
            return last.state();
        }
        return last.state().labelled(Label.UNAVAILABLE, "its service does not answer: " + last.failure());
    }

    /** Whether the member's service answered the last time it was asked. */
    public boolean isReachable(String name) {
        return name.equals(self())
                || Optional.ofNullable(seen.get(name))
                        .map(it -> it.failure() == null)
                        .orElse(false);
    }

    @Scheduled(every = "${estafet.probe.interval:1s}", concurrentExecution = ConcurrentExecution.SKIP)
    @RunOnVirtualThread
    void lookRegularly() {
        look();
    }

    /** Asks all peers for their state now, at the same time. */
    public void look() {
        onEach(peers(), name -> {
            try {
                heard(askBriefly(name, Node::state));
            } catch (ProblemException failure) {
                var before = Optional.ofNullable(seen.get(name)).orElseGet(() -> Seen.never(name));
                seen.put(
                        name,
                        new Seen(before.state(), before.at(), failure.problem().detail()));
            }
            return true;
        });
        prober.outranked(rival().orElse(null));
    }

    /** Keeps what a peer said last, also where an older answer comes in after newer news. */
    private void heard(NodeState state) {
        seen.merge(state.node(), new Seen(state, Instant.now(), null), (before, now) -> {
            var overtaken = now.state().observedAt().isBefore(before.state().observedAt());
            // Of two that came in one after the other; else the peer's clock has been set back.
            var atOnce = before.at().plus(config.probe().timeOut()).isAfter(now.at());
            return overtaken && atOnce ? before : now;
        });
    }

    void hear(@Observes News news) {
        if (peers().contains(news.state().node())) {
            heard(news.state());
            prober.outranked(rival().orElse(null));
        }
    }

    /** Tells all peers at once and waits for none: the label may have turned in the middle of a write gap. */
    void spread(@Observes LabelChanged change) {
        peers().forEach(name -> Thread.ofVirtual().start(() -> {
            try {
                askBriefly(name, node -> {
                    node.hear(change.state());
                    return true;
                });
            } catch (ProblemException unreachable) {
                LOG.debugf(unreachable, "%s will see the new label when it looks", name);
            }
        }));
    }

    /** A peer that is writable on a newer timeline: then this node is a stale primary, whatever its server says. */
    private Optional<String> rival() {
        var own = prober.current().timeline();
        return peers().stream()
                .map(this::state)
                .filter(NodeState::isWritable)
                .filter(peer -> own != null
                        && peer.timeline() != null
                        && peer.timeline().isAfter(own))
                .map(peer -> "%s is writable on the newer timeline %s".formatted(peer.node(), peer.timeline()))
                .findFirst();
    }

    /** Fresh reports of all members, asked at the same time; instead of one that failed, a report of that. */
    public SequencedMap<String, NodeReport> reports() {
        var reports = new TreeMap<String, NodeReport>();
        onEach(names(), name -> {
                    try {
                        return ask(name, Node::report);
                    } catch (ProblemException failure) {
                        return new NodeReport(
                                unreachable(name, failure.problem().detail()), null);
                    }
                })
                .forEach(reports::put);
        return reports;
    }

    /** Does the same with several members at once, each on a virtual thread, and waits for all. */
    public <T> Map<String, T> onEach(Collection<String> members, Function<String, T> work) {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var futures = new TreeMap<String, Future<T>>();
            members.forEach(name -> futures.put(name, executor.submit(() -> work.apply(name))));
            var results = new TreeMap<String, T>();
            futures.forEach((name, future) -> results.put(name, result(future)));
            return results;
        }
    }

    private static <T> T result(Future<T> future) {
        try {
            return future.get();
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof RuntimeException known) {
                throw known;
            }
            throw new IllegalStateException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    private static NodeState unreachable(String name, String why) {
        return new NodeState(
                name,
                Label.UNAVAILABLE,
                why,
                Role.UNKNOWN,
                "unknown",
                null,
                null,
                null,
                null,
                null,
                false,
                null,
                false,
                null,
                null,
                Instant.now());
    }
}

package dev.estafet.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Member;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.Secrets;
import dev.estafet.node.LocalNode;
import dev.estafet.node.Node;
import jakarta.inject.Singleton;
import jakarta.ws.rs.ProcessingException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The members, and how to speak to them. */
@Singleton
public final class Cluster {

    /** Header that names the cluster on calls between services, so that those of different clusters refuse each other. */
    public static final String HEADER = "Estafet-Cluster";

    private final EstafetConfig config;
    private final LocalNode self;
    /** Clients of every peer, by how long they wait for an answer. */
    private final NavigableMap<Duration, Map<String, Node>> clients = new TreeMap<>();

    Cluster(EstafetConfig config, LocalNode self, ObjectMapper json) {
        this.config = config;
        this.self = self;
        var timeOuts = config.timeOuts();
        var credentials = new PeerClient.Credentials(
                config.cluster(), Secrets.token(config.peer()).orElse(""));
        Stream.of(
                        timeOuts.peer(),
                        timeOuts.call(),
                        timeOuts.call().plus(timeOuts.stop()),
                        timeOuts.call().plus(timeOuts.restart()),
                        timeOuts.call().plus(timeOuts.longest()))
                .forEach(wait -> clients.put(wait, clients(wait, credentials, json)));
    }

    private Map<String, Node> clients(Duration wait, PeerClient.Credentials credentials, ObjectMapper json) {
        return peers().stream()
                .collect(Collectors.toMap(
                        name -> name,
                        name -> PeerClient.of(
                                member(name).service(),
                                credentials,
                                json,
                                config.timeOuts().peer(),
                                wait)));
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

    /** {@code host:port} of a member's PostgreSQL. */
    public String address(String name) {
        return "%s:%d".formatted(member(name).host(), member(name).port());
    }

    /**
     * Asks a member something that it looks up or writes down, this node directly and another over REST.
     *
     * @throws ProblemException what the member answered, or of kind {@link Kind#PEER_UNREACHABLE}
     */
    public <T> T ask(String name, Function<Node, T> question) {
        return ask(name, Duration.ZERO, question);
    }

    /** Like {@link #ask(String, Function)}, for what answers nothing. */
    public void tell(String name, Consumer<Node> verb) {
        tell(name, Duration.ZERO, verb);
    }

    /**
     * Like {@link #ask(String, Function)}, for what is answered only once the member's server has done something.
     *
     * @param wait how long the member itself waits for that
     */
    public <T> T ask(String name, Duration wait, Function<Node, T> question) {
        var within = config.timeOuts().call().plus(wait);
        var enough = Optional.ofNullable(clients.ceilingEntry(within)).orElseGet(clients::lastEntry);
        return ask(name, enough.getValue(), question);
    }

    /** Like {@link #ask(String, Duration, Function)}, for what answers nothing. */
    public void tell(String name, Duration wait, Consumer<Node> verb) {
        ask(name, wait, node -> {
            verb.accept(node);
            return true;
        });
    }

    /** Like {@link #ask(String, Function)}, for what is answered at once; a peer that does not is taken as unreachable soon. */
    public <T> T askBriefly(String name, Function<Node, T> question) {
        return ask(name, clients.firstEntry().getValue(), question);
    }

    private <T> T ask(String name, Map<String, Node> peers, Function<Node, T> question) {
        if (name.equals(self())) {
            return question.apply(self);
        }
        var service = member(name).service();
        try {
            return question.apply(peers.get(name));
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
}

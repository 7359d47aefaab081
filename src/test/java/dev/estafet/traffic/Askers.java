package dev.estafet.traffic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Ask every node, without an end, everything in which it names a node as writable: both lists in each form that tells so,
 * the checks, and Patroni's pages. One thread a node; between any two such questions it puts a check of the node itself.
 */
final class Askers implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration REST = Duration.ofMillis(1);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final TestCluster cluster;
    private final Set<String> names;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    private final List<Answer> answers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    /** Finds the nodes that an answer names as writable. */
    @FunctionalInterface
    private interface Reader {
        Set<String> named(int status, String body);
    }

    /**
     * What is asked.
     *
     * @param about the nodes that the answer may name
     */
    record Question(String path, Set<String> about, Reader reader) {

        boolean isList() {
            return path.contains("-endpoint");
        }
    }

    /**
     * What was answered.
     *
     * @param sent {@link System#nanoTime} before the request
     * @param received the same, when all of the answer was there
     * @param named the nodes that it names as writable
     */
    record Answer(TestNode by, Question question, long sent, long received, int status, Set<String> named) {

        /** Whether it is a check of the node that was asked. */
        boolean isOwnCheck() {
            return question.about().equals(Set.of(by.name()));
        }

        @Override
        public String toString() {
            return "%s answered %s with %d and named %s".formatted(by.name(), question.path(), status, named);
        }
    }

    Askers(TestCluster cluster) {
        this.cluster = cluster;
        this.names = cluster.nodes().stream().map(TestNode::name).collect(Collectors.toUnmodifiableSet());
        cluster.nodes()
                .forEach(node -> threads.add(Thread.ofPlatform()
                        .daemon()
                        .name("asker-" + node.name())
                        .start(() -> ask(node))));
    }

    private void ask(TestNode node) {
        var own = own(node.name());
        var others = others();
        for (int i = 0; !stopped; i++) {
            ask(node, others.get(i % others.size()));
            ask(node, own.get(i % own.size()));
        }
    }

    private void ask(TestNode node, Question question) {
        var request = HttpRequest.newBuilder(node.address().resolve(question.path()))
                .timeout(PATIENCE)
                .build();
        try {
            var sent = System.nanoTime();
            var response = client.send(request, BodyHandlers.ofString());
            var received = System.nanoTime();
            var named = question.reader().named(response.statusCode(), response.body());
            synchronized (answers) {
                answers.add(new Answer(node, question, sent, received, response.statusCode(), named));
            }
        } catch (IOException noAnswer) {
            // It names nobody.
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        LockSupport.parkNanos(REST.toNanos());
    }

    // ---- what is asked

    private List<Question> own(String self) {
        return Stream.concat(
                        Stream.of("/writable", "/", "/primary", "/leader", "/master", "/read-write")
                                .map(path -> check(path, self)),
                        Stream.of(
                                page("/patroni", self, "(?s).*\"role\":\"primary\".*"),
                                page("/metrics", self, "(?s).*\npatroni_primary\\{[^}]*} 1(\\.0)?\n.*")))
                .toList();
    }

    private List<Question> others() {
        return Stream.concat(
                        names.stream().map(name -> check("/nodes/%s/writable".formatted(name), name)),
                        Stream.of(
                                list("/write-endpoint", byJson("", "endpoints", it -> it.path("node"))),
                                list("/write-endpoint?format=text", this::byAddress),
                                list(
                                        "/write-endpoint?format=envoy",
                                        byJson(
                                                "/resources/0/endpoints/0",
                                                "lb_endpoints",
                                                it -> it.at("/endpoint/hostname"))),
                                list("/write-endpoint?format=prometheus", this::byAddress),
                                list("/write-endpoint?format=libpq", this::byAddress),
                                list("/write-endpoint?format=jdbc", this::byAddress),
                                list(
                                        "/read-endpoints?min=3",
                                        byJson("", "endpoints", it -> where(it, "label", "writable", "node"))),
                                list("/cluster", byJson("", "members", it -> where(it, "role", "leader", "name")))))
                .toList();
    }

    private static Question check(String path, String about) {
        return new Question(path, Set.of(about), (status, body) -> status == 200 ? Set.of(about) : Set.of());
    }

    private static Question page(String path, String about, String primary) {
        return new Question(path, Set.of(about), (status, body) -> body.matches(primary) ? Set.of(about) : Set.of());
    }

    private Question list(String path, Reader reader) {
        return new Question(path, names, reader);
    }

    private static Reader byJson(String at, String list, UnaryOperator<JsonNode> name) {
        return (status, body) -> {
            try {
                var found = JSON.readTree(body).at(at).path(list);
                return StreamSupport.stream(found.spliterator(), false)
                        .map(it -> name.apply(it).asText())
                        .filter(it -> !it.isEmpty())
                        .collect(Collectors.toCollection(TreeSet::new));
            } catch (JsonProcessingException failure) {
                throw new AssertionError("not JSON: " + body, failure);
            }
        };
    }

    private static JsonNode where(JsonNode entry, String member, String word, String name) {
        return entry.path(entry.path(member).asText().equals(word) ? name : "none");
    }

    private Set<String> byAddress(int status, String body) {
        return cluster.nodes().stream()
                .filter(it -> body.contains(it.host() + ":" + it.port()))
                .map(TestNode::name)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    // ---- what was answered

    /** All answers to what was asked since that time. */
    List<Answer> since(long nanoTime) {
        synchronized (answers) {
            return answers.stream().filter(it -> it.sent() - nanoTime >= 0).toList();
        }
    }

    /** The latest answer of each node to each question since that time; nothing until all are answered. */
    Collection<Answer> latest(long since) {
        var latest = new TreeMap<String, Answer>();
        since(since).forEach(it -> latest.put(it.by().name() + it.question().path(), it));
        var all = names.size() * (others().size() + own("").size());
        return latest.size() < all ? List.of() : latest.values();
    }

    @Override
    public void close() {
        stopped = true;
        threads.forEach(thread -> {
            try {
                thread.join(PATIENCE);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        });
        client.close();
    }
}

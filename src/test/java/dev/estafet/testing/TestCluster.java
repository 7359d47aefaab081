package dev.estafet.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.restassured.response.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/**
 * Some nodes on this machine that know each other as members of one cluster. Closing it ends every process that it
 * started, directly or not, deletes all its files, and fails if a process is left.
 */
public final class TestCluster implements AutoCloseable {

    public static final String NAME = "tests";
    public static final String OPERATOR = "tests";
    public static final String OPERATOR_TOKEN = "an-operator-token-for-tests";
    public static final String PEER_TOKEN = "a-peer-token-for-tests";
    public static final String REPLICATION_PASSWORD = "pa:ss\\word 'of\" replication";
    /** More than any operation of the tests takes. */
    public static final Duration LONGEST = Duration.ofSeconds(120);

    private static final Collection<TestCluster> OPEN = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> OPEN.forEach(TestCluster::close)));
    }

    private static final StringBuilder CLOSED = new StringBuilder();

    private final Path directory;
    private final Map<String, TestNode> nodes = new LinkedHashMap<>();
    private final Map<String, String> settings = new TreeMap<>();

    private final Machines machines;

    private TestCluster(List<String> names, Machines machines, IntFunction<Server> servers, Path directory) {
        this.directory = directory;
        this.machines = machines;
        for (int i = 0; i < names.size(); i++) {
            var name = names.get(i);
            nodes.put(name, new TestNode(this, name, servers.apply(i), directory.resolve(name), machines.of(i)));
        }
        with("estafet.cluster", NAME);
        with("estafet.replication.password", REPLICATION_PASSWORD);
        with("estafet.operators." + OPERATOR + ".token", OPERATOR_TOKEN);
        with("estafet.peer.token", PEER_TOKEN);
        nodes.forEach((name, node) -> {
            with("estafet.members." + name + ".host", node.host());
            with("estafet.members." + name + ".port", node.port());
            with("estafet.members." + name + ".service", node.address());
        });
        OPEN.add(this);
    }

    /** Nodes with plain data directories; nothing is made in them and nothing runs yet. */
    public static TestCluster of(String... names) {
        return plain(List.of(names), Machines.here(List.of(names)));
    }

    /**
     * Nodes on machines of their own, as far as this one can make them: with a network that can be cut, disks that can be
     * full, and services that can be halted or held at any of their {@link ServicePoints}.
     */
    public static TestCluster apart(String... names) {
        return plain(List.of(names), Machines.apart(List.of(names)));
    }

    private static TestCluster plain(List<String> names, Machines machines) {
        var directory = baseDirectory();
        var sockets = ServerUser.makeDirectory(directory.resolve("s"));
        return new TestCluster(
                names,
                machines,
                i -> {
                    var home = ServerUser.makeDirectory(directory.resolve(names.get(i)));
                    machines.disk(home.resolve("state"));
                    return new PlainServer(
                            machines.of(i),
                            FreePorts.next(),
                            machines.disk(home.resolve("disk")).resolve("data"),
                            sockets,
                            home.resolve("postgresql.log"));
                },
                directory);
    }

    /** Whether a connection from one node to the other's server comes about within a second. */
    boolean reaches(String from, String to) {
        var target = node(to);
        var command = "timeout 1 bash -c '</dev/tcp/%s/%d' 2>&1 || echo no".formatted(target.host(), target.port());
        return machines.of(List.copyOf(nodes.keySet()).indexOf(from))
                .run("sh", "-c", command)
                .isBlank();
    }

    /** What its nodes run on. */
    public Machines machines() {
        return machines;
    }

    /** Nodes as Debian's packages lay them out; nothing is made and nothing runs yet. */
    public static TestCluster debian(String... names) {
        return new TestCluster(
                List.of(names),
                Machines.here(List.of(names)),
                i -> {
                    var port = FreePorts.next();
                    return new DebianServer("estafet-it-%d-%s".formatted(port, names[i]), port);
                },
                baseDirectory());
    }

    /** Whether {@link #debian} can be used here: that takes root, and Debian's tools. */
    public static boolean debianIsPossible() {
        return DebianServer.canBeMade();
    }

    /** A cluster before its setup: the first node's server runs, the others have no data, all services run. */
    public TestCluster startWithOnePrimary(String... initdbOptions) {
        var first = nodes().getFirst();
        first.initdb(initdbOptions).startPostgres();
        return startServices();
    }

    /** Starts all services at once, and returns when all answer. */
    public TestCluster startServices() {
        nodes().parallelStream().forEach(TestNode::startService);
        return this;
    }

    /** Makes every other node a standby of the first, through the service. */
    public TestCluster setUpAll() {
        nodes().stream().skip(1).forEach(node -> setUp(node.name()));
        return this;
    }

    public TestNode node(String name) {
        var node = nodes.get(name);
        if (node == null) {
            throw new IllegalArgumentException("no node " + name);
        }
        return node;
    }

    public List<TestNode> nodes() {
        return List.copyOf(nodes.values());
    }

    /** Sets a key of every node's configuration, for the services' next start. */
    public TestCluster with(String key, Object value) {
        settings.put(key, value.toString());
        return this;
    }

    Map<String, String> settings() {
        return Map.copyOf(settings);
    }

    // ---- verbs of the service

    /** Makes a node a standby, waits for the end, and expects success. */
    public Operation setUp(String standby) {
        return completed(post(standby, "/setup", Map.of("standby", standby)));
    }

    /** Switches over, waits for the end, and expects success. */
    public Operation promote(String candidate) {
        return completed(post(candidate, "/promote", Map.of("candidate", candidate, "reason", "a test")));
    }

    /** Waits for the end of the latest rejoin that a node has begun, by itself or by order, since that time; returns it. */
    public Operation awaitRejoin(String node, Instant since) {
        return await("a rejoin of " + node)
                .atMost(LONGEST)
                .pollInterval(Duration.ofMillis(20))
                .ignoreExceptions()
                .until(
                        () -> latestRejoin(node, since).orElseThrow(),
                        operation -> !operation.state().equals("running"));
    }

    /** The latest rejoin that a node has begun since that time. */
    public Optional<Operation> latestRejoin(String node, Instant since) {
        var response = node(node).anonymous().get("/operations?local=true");
        assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
        var ids = response.jsonPath()
                .<String>getList("findAll { it.kind == 'rejoin' && it.startedAt > '%s' }.id".formatted(since));
        return ids.stream().findFirst().map(id -> operation(node, id));
    }

    /** A mutating call to a node's service, by an operator, that waits for the end. */
    public Response post(String node, String path, Object body) {
        return node(node)
                .operator()
                .header("Prefer", "wait=" + LONGEST.toSeconds())
                .body(body)
                .post(path);
    }

    /** A mutating call that does not wait; expects to be told of the operation. */
    public Operation begin(String node, String path, Object body) {
        var response = node(node).operator().body(body).post(path);
        assertThat(response.statusCode()).as(response.asString()).isEqualTo(202);
        return new Operation(response.jsonPath());
    }

    /** An operation as a node knows it now. */
    public Operation operation(String node, String id) {
        var response = node(node).anonymous().get("/operations/" + id);
        assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
        return new Operation(response.jsonPath());
    }

    /** Waits until an operation has ended, and returns it. */
    public Operation awaitEnd(String node, String id) {
        return await("the end of operation " + id)
                .atMost(LONGEST)
                .pollInterval(Duration.ofMillis(50))
                .until(
                        () -> operation(node, id),
                        operation -> !operation.state().equals("running"));
    }

    private Operation completed(Response response) {
        assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
        var operation = new Operation(response.jsonPath());
        assertThat(operation.state()).as(operation.toString()).isEqualTo("completed");
        return operation;
    }

    // ---- questions

    /** Names of the nodes whose own service calls them writable. */
    public List<String> writable() {
        return answering("/writable");
    }

    /** Names of the nodes whose own service calls them readable. */
    public List<String> readable() {
        return answering("/readable");
    }

    private List<String> answering(String path) {
        return nodes().stream()
                .filter(TestNode::serviceRuns)
                .filter(node -> node.anonymous().get(path).statusCode() == 200)
                .map(TestNode::name)
                .toList();
    }

    /** The only node whose server is not in recovery. */
    public TestNode primary() {
        var primaries = nodes().stream()
                .filter(TestNode::isRunning)
                .filter(node -> !node.isInRecovery())
                .toList();
        assertThat(primaries).extracting(TestNode::name).hasSize(1);
        return primaries.getFirst();
    }

    /** Waits until these nodes stream from the primary. */
    public void awaitStreaming(String primary, String... standbys) {
        for (var standby : standbys) {
            await(standby + " streams from " + primary)
                    .atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .until(() -> node(standby).streamsFrom(node(primary)));
        }
    }

    /** Waits until this node, and none else, is called writable. */
    public void awaitWritable(String name) {
        await(name + " is writable")
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> writable().equals(List.of(name)));
    }

    /** What differs on any node from an earlier look; nothing where nothing was changed. */
    public List<String> changesSince(Map<String, ServerState> before) {
        return nodes().stream()
                .flatMap(node ->
                        node.serverState().changesSince(Objects.requireNonNull(before.get(node.name()))).stream()
                                .map(change -> node.name() + ": " + change))
                .toList();
    }

    /** All that a refused request must leave as it was, node by node. */
    public Map<String, ServerState> serverStates() {
        return nodes().stream()
                .collect(Collectors.toMap(TestNode::name, TestNode::serverState, (a, b) -> a, TreeMap::new));
    }

    /** Four writers that take whichever node is the primary, started. */
    public Writers startWriters() {
        return started(writers(4));
    }

    /** Two, which leave most of the machine to others. */
    public Writers startCalmWriters() {
        return started(writers(2).resting(Duration.ofMillis(10), Duration.ofMillis(200)));
    }

    private Writers writers(int count) {
        var hosts =
                nodes().stream().map(node -> node.host() + ":" + node.port()).collect(Collectors.joining(","));
        return new Writers(hosts, "postgres", TestNode.TESTER, TestNode.TESTER_PASSWORD, "writes", count);
    }

    private Writers started(Writers writers) {
        try {
            writers.start();
        } catch (SQLException failure) {
            throw new IllegalStateException("the writers cannot start", failure);
        }
        awaitWrites(writers);
        return writers;
    }

    /** Waits until each writer has had another row acknowledged. */
    public void awaitWrites(Writers writers) {
        var now = System.nanoTime();
        await("every writer writes; last error: " + writers.lastError())
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> writers.allWroteSince(now));
    }

    /** A watcher of every node's {@code /writable}, started. */
    public Watcher startWatcher() {
        return startWatcher(Duration.ofMillis(5));
    }

    /** The same, which asks more seldom. */
    public Watcher startCalmWatcher() {
        return startWatcher(Duration.ofMillis(20));
    }

    private Watcher startWatcher(Duration interval) {
        return new Watcher(nodes().stream().collect(Collectors.toMap(TestNode::name, TestNode::address)), interval);
    }

    // ---- the end

    /** Where all that belongs to this cluster lies. */
    public Path directory() {
        return directory;
    }

    @Override
    public void close() {
        if (!OPEN.remove(this)) {
            return;
        }
        synchronized (CLOSED) {
            CLOSED.setLength(0);
            CLOSED.append(tails());
        }
        nodes.values().forEach(TestNode::close);
        LocalProcesses.of(directory).forEach(ProcessHandle::destroyForcibly);
        await("nothing of " + directory + " runs")
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> LocalProcesses.of(directory).isEmpty());
        machines.close();
        ServerUser.delete(directory);
    }

    /** The last lines of every log of the clusters that are open now, or else of the one that was closed last. */
    static String logs() {
        if (OPEN.isEmpty()) {
            synchronized (CLOSED) {
                return CLOSED.toString();
            }
        }
        return OPEN.stream().map(TestCluster::tails).collect(Collectors.joining());
    }

    private String tails() {
        var text = new StringBuilder();
        nodes.values().forEach(node -> node.logs().forEach(log -> append(text, log, 60)));
        return text.toString();
    }

    private static void append(StringBuilder text, Path log, int count) {
        try {
            if (Files.exists(log)) {
                var lines = Files.readAllLines(log);
                text.append("---- ").append(log).append('\n');
                lines.stream()
                        .skip(Math.max(0, lines.size() - count))
                        .forEach(line -> text.append(line).append('\n'));
            }
        } catch (IOException unreadable) {
            text.append(unreadable).append('\n');
        }
    }

    private static Path baseDirectory() {
        try {
            return ServerUser.makeDirectory(Files.createTempDirectory(Path.of("/tmp"), "estafet-"));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public String toString() {
        return new ArrayList<>(nodes.keySet()) + " in " + directory;
    }
}

package dev.estafet.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.estafet.testing.Haproxy;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import dev.estafet.testing.Writers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Real HAProxies in front of three nodes, all four at once: with the rendered configuration and plain checks, with
 * agent-checks, with runtime push, and with the lines that Patroni's users have in theirs.
 */
@RealServers
@Execution(ExecutionMode.SAME_THREAD)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HaproxyIT {

    private static final int ROUNDS = 10;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String PATRONIS_TEMPLATE = """
            global
                maxconn 100
            defaults
                mode tcp
                retries 2
                timeout client 30m
                timeout connect 4s
                timeout server 30m
                timeout check 5s
            listen primary
                bind WRITES
                option httpchk HEAD /primary
                http-check expect status 200
                default-server inter 3s fall 3 rise 2 on-marked-down shutdown-sessions
            %1$s
            listen replicas
                bind READS
                option httpchk HEAD /replica
                http-check expect status 200
                default-server inter 3s fall 3 rise 2 on-marked-down shutdown-sessions
            %1$s""";

    private final TestCluster cluster = TestCluster.of("pg1", "pg2", "pg3");
    private final Map<String, Haproxy> fronts = new LinkedHashMap<>();
    private final Path socket = cluster.directory().resolve("push.sock");

    @BeforeAll
    void fourHaproxies() {
        Haproxy.giveAgentPorts(cluster);
        cluster.with("estafet.haproxy.sockets", socket);
        cluster.startWithOnePrimary().setUpAll();
        var rendered = cluster.node("pg1")
                .anonymous()
                .accept("text/plain")
                .get("/read-endpoints?format=haproxy&maxLag=32MB")
                .asString();
        rendered = rendered.replaceAll("bind \\*:5000", "bind WRITES").replaceAll("bind \\*:5001", "bind READS");
        var silent = rendered.replaceAll("(?m)^ *stats socket.*\n", "");
        front("plain checks").configure(withoutAgent(silent));
        front("agent-check").configure(silent);
        front("runtime push").configure(withoutAgent(rendered));
        front("Patroni's template").configure(PATRONIS_TEMPLATE.formatted(servers()));
        fronts.values().forEach(Haproxy::start);
    }

    private Haproxy front(String name) {
        var front = new Haproxy(cluster, name.replaceAll("\\W", "-"));
        fronts.put(name, front);
        return front;
    }

    private static String withoutAgent(String configuration) {
        return configuration.replaceAll(" agent-check .*", "");
    }

    private String servers() {
        return cluster.nodes().stream()
                .map(node -> "    server %s 127.0.0.1:%d maxconn 100 check port %d%n"
                        .formatted(node.name(), node.port(), node.address().getPort()))
                .collect(Collectors.joining());
    }

    @AfterAll
    void end() {
        fronts.values().forEach(Haproxy::close);
        cluster.close();
    }

    @Test
    @Order(1)
    void haproxyTakesWhatIsRendered() {
        var asRendered = cluster.node("pg2")
                .anonymous()
                .accept("text/plain")
                .get("/read-endpoints?format=haproxy")
                .asString();

        assertThat(asRendered).contains("agent-check").contains("stats socket " + socket);
        try (var untouched = new Haproxy(cluster, "untouched")) {
            assertThat(untouched.configure(asRendered).check()).doesNotContain("WARNING");
        }
        fronts.values().forEach(Haproxy::check);
    }

    @Test
    @Order(2)
    void tenSwitchoversUnderLoadLoseNothingThroughAnyOfThem() throws Exception {
        cluster.awaitWritable("pg1");
        var names = cluster.nodes().stream().map(TestNode::name).toList();
        var gaps = new LinkedHashMap<String, List<Duration>>();
        var writers = new LinkedHashMap<String, Writers>();
        try {
            var number = 0;
            for (var front : fronts.entrySet()) {
                gaps.put(front.getKey(), new ArrayList<>());
                var table = "writes_" + number++;
                awaitPrimaryBehind(front.getValue());
                writers.put(front.getKey(), writer(front.getValue(), table).start());
            }
            for (int round = 1; round <= ROUNDS; round++) {
                writers.values().forEach(cluster::awaitWrites);
                var begin = System.nanoTime();
                cluster.promote(names.get(round % names.size()));
                for (var each : writers.entrySet()) {
                    awaitWritesAfterPromotion(each.getValue());
                    Objects.requireNonNull(gaps.get(each.getKey()))
                            .add(each.getValue().longestGapSince(begin));
                }
                readsAreSpreadOverStandbys("plain checks", "agent-check", "runtime push");
            }
            readsAreSpreadOverStandbys("Patroni's template");
            for (var each : writers.entrySet()) {
                var verdict = each.getValue().stop().verify();
                assertThat(verdict.lost()).as("%s: %s", each.getKey(), verdict).isZero();
                assertThat(verdict.acknowledged()).as(each.getKey()).isGreaterThan(ROUNDS * 20L);
            }
        } finally {
            writers.values().forEach(Writers::close);
        }
        publish(gaps);
    }

    private static Writers writer(Haproxy front, String table) {
        return new Writers(
                "127.0.0.1:" + front.writePort(), "postgres", TestNode.TESTER, TestNode.TESTER_PASSWORD, table, 2);
    }

    private void awaitPrimaryBehind(Haproxy front) {
        await(front.name() + " has found the primary")
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> isPrimaryAlone(front.writePort()));
    }

    /** HAProxy takes every server for well at first; as many connections as there are servers, and one more, tell. */
    private boolean isPrimaryAlone(int port) throws SQLException {
        for (int i = 0; i <= cluster.nodes().size(); i++) {
            if (isStandby(port)) {
                return false;
            }
        }
        return true;
    }

    private void awaitWritesAfterPromotion(Writers writers) {
        var now = System.nanoTime();
        await("writes go on; last error: " + writers.lastError())
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> writers.allWroteSince(now));
    }

    /** Reads go to both standbys and to nobody else, as soon as HAProxy has noticed. */
    private void readsAreSpreadOverStandbys(String... names) {
        var standbys = new HashSet<Integer>();
        var primary = cluster.primary();
        cluster.nodes().stream().filter(node -> node != primary).forEach(node -> standbys.add(node.port()));
        for (var name : names) {
            var front = Objects.requireNonNull(fronts.get(name));
            await(name + " reads from both standbys only")
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> serversOf(front, 6), standbys::equals);
        }
    }

    private static Set<Integer> serversOf(Haproxy front, int reads) throws SQLException {
        var servers = new HashSet<Integer>();
        for (int i = 0; i < reads; i++) {
            servers.add(Integer.parseInt(ask(front.readPort(), "SELECT current_setting('port')")));
        }
        return servers;
    }

    private static boolean isStandby(int port) throws SQLException {
        return ask(port, "SELECT pg_is_in_recovery()").equals("t");
    }

    private static String ask(int port, String query) throws SQLException {
        try (var connection = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:%d/postgres?connectTimeout=5&socketTimeout=20".formatted(port),
                        TestNode.TESTER,
                        TestNode.TESTER_PASSWORD);
                var statement = connection.createStatement();
                var row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }

    private static void publish(Map<String, List<Duration>> gaps) throws IOException {
        var table = new StringBuilder("| HAProxy with | write gap, median | shortest | longest |\n|--|--|--|--|\n");
        gaps.forEach((front, all) -> {
            var sorted = all.stream().sorted().toList();
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %d ms | %d ms | %d ms |%n",
                    front,
                    sorted.get(sorted.size() / 2).toMillis(),
                    sorted.getFirst().toMillis(),
                    sorted.getLast().toMillis()));
        });
        System.out.println(table);
        Files.writeString(Path.of("target", "haproxy-gaps.md"), table);
    }

    @Test
    @Order(3)
    void aPushThatFailsIsReportedAndAfterARestartOfHaproxyItsChecksDecide() throws Exception {
        // Given
        var front = Objects.requireNonNull(fronts.get("runtime push"));
        var primary = cluster.primary().name();
        var candidate = primary.equals("pg1") ? "pg2" : "pg1";
        awaitPushTrouble(false);

        // When
        front.stop();
        cluster.promote(candidate);

        // Then
        awaitPushTrouble(true);
        front.start();
        awaitPrimaryBehind(front);
        readsAreSpreadOverStandbys("runtime push");
        awaitPushTrouble(false);
        try (var writers = writer(front, "writes_restarted").start()) {
            cluster.awaitWrites(writers);
            assertThat(writers.stop().verify().lost()).isZero();
        }
    }

    private void awaitPushTrouble(boolean expected) {
        await("/status tells of the push: " + expected)
                .atMost(PATIENCE)
                .until(() -> cluster.node("pg1")
                                .anonymous()
                                .get("/status")
                                .jsonPath()
                                .<String>getList("problems.name")
                                .contains("haproxy-push-fails")
                        == expected);
    }

    @Test
    @Order(4)
    void aDrainedStandbyIsNotReadFromThroughAnyOfThem() throws SQLException {
        var standby = cluster.nodes().stream()
                .filter(node -> node != cluster.primary())
                .findFirst()
                .orElseThrow();
        assertThat(cluster.post(standby.name(), "/nodes/%s/drain".formatted(standby.name()), Map.of())
                        .statusCode())
                .isEqualTo(200);
        try {
            fronts.forEach((name, front) -> await(name + " reads from the other standby")
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> {
                        var servers = serversOf(front, 4);
                        return servers.size() == 1 && !servers.contains(standby.port());
                    }));
        } finally {
            assertThat(standby.operator()
                            .post("/nodes/%s/undrain".formatted(standby.name()))
                            .statusCode())
                    .isEqualTo(200);
        }
        readsAreSpreadOverStandbys("plain checks", "agent-check", "runtime push");
    }

    @Test
    @Order(5)
    void aServiceThatStoodStillDuringASwitchoverNeverNamesTheOldPrimary() {
        // Given
        var old = cluster.primary();
        var others = cluster.nodes().stream().filter(node -> node != old).toList();
        var candidate = others.getFirst();
        var bystander = others.getLast();
        cluster.awaitWritable(old.name());

        // When
        try (var frozen = bystander.freezeService()) {
            assertThat(frozen).isNotNull();
            var answer = cluster.post(
                    candidate.name(),
                    "/promote",
                    Map.of("candidate", candidate.name(), "exclude", List.of(bystander.name())));
            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
            await("it is left out")
                    .atMost(PATIENCE)
                    .until(() -> candidate
                            .anonymous()
                            .get("/read-endpoints")
                            .jsonPath()
                            .<String>getList("unseen")
                            .contains(bystander.name()));
        }

        // Then
        await("it names the new primary").atMost(PATIENCE).until(() -> {
            assertThat(bystander
                            .anonymous()
                            .get("/nodes/%s/writable".formatted(old.name()))
                            .statusCode())
                    .isEqualTo(503);
            var named = bystander
                    .anonymous()
                    .accept("text/plain")
                    .get("/write-endpoint?format=text")
                    .asString()
                    .strip();
            assertThat(named).isIn("", "127.0.0.1:" + candidate.port());
            return !named.isEmpty();
        });
    }

    @Test
    @Order(6)
    void aNodeThatSeesNoPeerPublishesNoList() {
        var standbys = cluster.nodes().stream()
                .filter(node -> node != cluster.primary())
                .toList();
        var alone = standbys.getFirst();
        try (var first = standbys.getLast().freezeService();
                var second = cluster.primary().freezeService()) {
            assertThat(List.of(first, second)).doesNotContainNull();
            for (var path : List.of("/read-endpoints", "/write-endpoint")) {
                await(path + " says that it cannot tell").atMost(PATIENCE).until(() -> {
                    var answer = alone.anonymous().get(path);
                    return answer.statusCode() == 503
                            && answer.jsonPath().getBoolean("stale")
                            && answer.jsonPath().getList("endpoints").isEmpty();
                });
            }
            assertThat(alone.anonymous()
                            .accept("text/plain")
                            .get("/read-endpoints")
                            .asString())
                    .isEmpty();
        }
        await("it sees them again")
                .atMost(PATIENCE)
                .until(() -> alone.anonymous().get("/read-endpoints").statusCode() == 200
                        && alone.anonymous().get("/write-endpoint").statusCode() == 200);
    }
}

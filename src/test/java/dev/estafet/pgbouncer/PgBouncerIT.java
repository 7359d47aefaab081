package dev.estafet.pgbouncer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.estafet.testing.Haproxy;
import dev.estafet.testing.Operation;
import dev.estafet.testing.PgBouncer;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import dev.estafet.testing.Writers;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Clients of three real PgBouncers write without an end, and meet no error whatever becomes of a switchover. Two name the
 * primary themselves and have to be pointed: one by its databases file, its console is reached over TCP with a password; one
 * by a command. The third follows by way of HAProxy, its console is reached over its Unix socket.
 */
@RealServers
class PgBouncerIT {

    private static final int ROUNDS = 10;
    private static final Duration SOON = Duration.ofSeconds(60);

    private final TestCluster cluster = TestCluster.of("pg1", "pg2").with("estafet.time-outs.prove", "3s");
    private final TestNode pg1 = cluster.node("pg1");
    private final TestNode pg2 = cluster.node("pg2");
    private final Haproxy haproxy = new Haproxy(cluster, "haproxy");
    private final PgBouncer self = new PgBouncer(cluster, "self", pg1.port());
    private final PgBouncer told = new PgBouncer(cluster, "told", pg1.port());
    private final PgBouncer follows = new PgBouncer(cluster, "follows", haproxy.writePort());
    private List<Writers> clients = List.of();

    @BeforeAll
    void aPairBehindPoolers() {
        cluster.with("estafet.pgbouncer.self.host", "127.0.0.1")
                .with("estafet.pgbouncer.self.port", self.port())
                .with("estafet.pgbouncer.self.user", PgBouncer.ADMINISTRATOR)
                .with("estafet.pgbouncer.self.password", PgBouncer.ADMINISTRATOR_PASSWORD)
                .with("estafet.pgbouncer.self.databases", "app")
                .with("estafet.pgbouncer.self.hosts", "self")
                .with("estafet.pgbouncer.self.databases-file", self.databases())
                .with("estafet.pgbouncer.self.pause-time-out", "2s")
                .with("estafet.pgbouncer.self.resume-time-out", "2s")
                .with("estafet.pgbouncer.told.host", "127.0.0.1")
                .with("estafet.pgbouncer.told.port", told.port())
                .with("estafet.pgbouncer.told.user", PgBouncer.ADMINISTRATOR)
                .with("estafet.pgbouncer.told.password", PgBouncer.ADMINISTRATOR_PASSWORD)
                .with("estafet.pgbouncer.told.databases", "app")
                .with("estafet.pgbouncer.told.hosts", "self")
                .with("estafet.pgbouncer.told.point-command", told.pointCommand())
                .with("estafet.pgbouncer.told.pause-time-out", "2s")
                .with("estafet.pgbouncer.follows.socket-directory", follows.directory())
                .with("estafet.pgbouncer.follows.port", follows.port())
                .with("estafet.pgbouncer.follows.databases", "app")
                .with("estafet.pgbouncer.follows.resume-time-out", "30s");
        cluster.startWithOnePrimary("--data-checksums").setUpAll();
        haproxy.configure(haproxyConfiguration()).start();
        self.start();
        told.start();
        follows.start();
    }

    @BeforeEach
    void clientsWrite() throws SQLException {
        if (!cluster.primary().name().equals("pg1")) {
            cluster.promote("pg1");
        }
        cluster.awaitWritable("pg1");
        cluster.awaitStreaming("pg1", "pg2");
        clients = List.of(
                self.writers("writes_of_self", 8).start(),
                told.writers("writes_of_told", 1).start(),
                follows.writers("writes_of_follows", 8).start());
        clients.forEach(cluster::awaitWrites);
    }

    @AfterEach
    void nobodyIsHeldBackAndNothingIsLost() throws SQLException {
        clients.forEach(cluster::awaitWrites);
        await("nothing is owed, and every pooler leads to the primary")
                .atMost(SOON)
                .until(() -> problems().stream().noneMatch(it -> it.startsWith("pooler")));
        for (var node : cluster.nodes()) {
            assertThat(node.state().resolve("pauses.json")).doesNotExist();
        }
        for (var writers : clients) {
            var verdict = writers.stop().verify();
            assertThat(verdict.lost()).as(verdict.toString()).isZero();
        }
    }

    @AfterAll
    void end() {
        clients.forEach(Writers::close);
        self.close();
        told.close();
        follows.close();
        haproxy.close();
        cluster.close();
    }

    @Test
    void tenSwitchoversUnderEightWritersShowNoClientAnError() throws SQLException {
        var longest = 0.0;
        for (int i = 1; i <= ROUNDS; i++) {
            var candidate = i % 2 == 1 ? "pg2" : "pg1";
            cluster.awaitStreaming(i % 2 == 1 ? "pg1" : "pg2", candidate);

            var operation = cluster.promote(candidate);

            clients.forEach(cluster::awaitWrites);
            assertThat(operation.phase("pause").get("detail")).isEqualTo("follows, self, told");
            assertThat(operation.phase("resume").get("detail")).isEqualTo("follows, self, told");
            assertThat(told.pointed()).isEqualTo("told " + candidate);
            var pause = Double.parseDouble(operation.certified("poolerPauseMillis"));
            assertThat(pause).isGreaterThan(operation.json().getDouble("result.writeDowntimeMillis"));
            longest = Math.max(longest, pause);
        }

        noClientMetAnError();
        System.out.printf(
                "PgBouncer: %d switchovers, %d errors; longest pause %.0f ms, longest write gap of the pointed one's clients"
                        + " %d ms, of the following one's %d ms; rows %s%n",
                ROUNDS,
                clients.stream().mapToLong(Writers::failures).sum(),
                longest,
                clients.getFirst().longestGap().toMillis(),
                clients.getLast().longestGap().toMillis(),
                clients.stream().map(Writers::acknowledged).toList());
    }

    @Test
    void aTransactionThatDoesNotEndStopsTheSwitchoverBeforeAnythingElseIsStopped() throws SQLException {
        try (var transaction = begunTransaction()) {
            var answer = cluster.post("pg1", "/promote", Map.of("candidate", "pg2"));

            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(504);
            assertThat(answer.jsonPath().getString("detail")).contains("self", "app", "2000 ms");
            assertThat(answer.jsonPath().getString("remedy")).contains("estafet.pgbouncer.self.pause-time-out");
            var operation = cluster.operation("pg1", answer.jsonPath().getString("operation"));
            assertThat(operation.phase("pause")).containsEntry("state", "undone");
            assertThat(operation.phases()).doesNotContain("demote");
            clients.forEach(cluster::awaitWrites);
            transaction.commit();
        }
        noClientMetAnError();
    }

    @Test
    void anAbortAfterTheDemotionLetsClientsOn() {
        try (var frozen = pg2.freeze("startup")) {
            var answer = cluster.post("pg2", "/promote", Map.of("candidate", "pg2"));

            var operation = cluster.operation("pg1", answer.jsonPath().getString("operation"));
            assertThat(operation.state()).as(operation.toString()).isEqualTo("failed");
            assertThat(operation.phase("demote")).containsEntry("state", "undone");
            assertThat(operation.phase("pause")).containsEntry("state", "undone");
            assertThat(answer.jsonPath().getString("detail")).contains("The poolers let their clients on.");
            clients.forEach(cluster::awaitWrites);
        }
        noClientMetAnError();
    }

    @Test
    void aDriverThatIsKilledInThePauseLetsClientsOnWhenItReturns() {
        Operation operation;
        try (var frozen = pg2.freeze("startup")) {
            operation = begunUntil("prove");
            assertThat(problems()).contains("pooler-paused");

            pg2.killService();
        }
        pg2.startService();

        var end = cluster.awaitEnd("pg1", operation.id());
        assertThat(end.state()).isEqualTo("interrupted");
        assertThat(end.phase("pause")).containsEntry("state", "undone");
        clients.forEach(cluster::awaitWrites);
        noClientMetAnError();
    }

    /** Its transaction keeps the pause from ending; the driver dies meanwhile, and nobody can ask it any more. */
    @Test
    void aPrimaryWhoseDriverFallsSilentInThePauseLetsClientsOn() throws SQLException {
        try (var transaction = begunTransaction()) {
            var operation = begunUntil("pause");
            await("all are paused").atMost(SOON).until(() -> paused().equals(List.of("app", "app", "app")));

            pg2.killService();

            clients.forEach(cluster::awaitWrites);
            transaction.commit();
            pg2.startService();
            assertThat(cluster.awaitEnd("pg1", operation.id()).state()).isEqualTo("interrupted");
        }
        noClientMetAnError();
    }

    @Test
    void aPoolerThatDiesInThePauseDoesNotHoldTheSwitchoverUpAndStartsWithTheNewPrimary() throws IOException {
        Operation operation;
        try (var frozen = pg2.freeze("startup")) {
            operation = begunUntil("prove");
            self.kill();
        }

        var end = cluster.awaitEnd("pg1", operation.id());
        assertThat(end.state()).as(end.toString()).isEqualTo("completed");
        assertThat(end.phase("resume").get("detail")).asString().contains("not resumed yet", "Pooler self");
        assertThat(problems()).contains("pooler-not-resumed", "pooler-silent");
        assertThat(Files.readString(self.databases())).contains("port=" + pg2.port());
        cluster.awaitWrites(clients.getLast());
        assertThat(clients.getLast().failures())
                .as(clients.getLast().lastError())
                .isZero();

        self.start();
    }

    @Test
    void aPoolerThatIsDownStopsTheSwitchoverUnlessItIsLeftOut() {
        self.kill();

        var readiness = pg1.anonymous().get("/promote/readiness?candidate=pg2").jsonPath();
        var answer = cluster.post("pg1", "/promote", Map.of("candidate", "pg2"));
        var without = pg1.anonymous()
                .get("/promote/readiness?candidate=pg2&exclude=self")
                .jsonPath();
        self.start();

        assertThat(readiness.getBoolean("ready")).isFalse();
        assertThat(readiness.getString("checks.find { it.outcome == 'failure' }.remedy"))
                .contains("\"exclude\": [\"self\"]");
        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(without.getBoolean("ready")).isTrue();
    }

    private String haproxyConfiguration() {
        var servers = cluster.nodes().stream()
                .map(node -> "    server %s 127.0.0.1:%d port %d\n"
                        .formatted(node.name(), node.port(), node.address().getPort()))
                .collect(Collectors.joining());
        return """
                defaults
                    mode tcp
                    timeout connect 2s
                    timeout client 5m
                    timeout server 5m
                    timeout check 5s
                    default-server check inter 200ms fall 1 rise 1 on-marked-down shutdown-sessions

                listen writes
                    bind WRITES
                    option httpchk GET /writable
                    retries 0
                """ + servers;
    }

    private void noClientMetAnError() {
        for (var writers : clients) {
            assertThat(writers.failures()).as(writers.lastError()).isZero();
        }
    }

    private Operation begunUntil(String phase) {
        var operation = cluster.begin("pg2", "/promote", Map.of("candidate", "pg2"));
        await(phase + " has begun")
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> cluster.operation("pg2", operation.id()).phases().contains(phase));
        return operation;
    }

    /** A client of the pooler that has written, and does not commit. */
    private Connection begunTransaction() throws SQLException {
        var connection = DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:%d/app?prepareThreshold=0".formatted(self.port()),
                TestNode.TESTER,
                TestNode.TESTER_PASSWORD);
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.execute("select txid_current()");
        }
        return connection;
    }

    private List<String> problems() {
        return pg1.anonymous().get("/status").jsonPath().getList("problems.name");
    }

    /** Names of all databases whose clients are held back. */
    private List<String> paused() {
        return pg1.anonymous()
                .get("/status")
                .jsonPath()
                .getList("poolers.databases.flatten().findAll { it.paused }.name");
    }
}

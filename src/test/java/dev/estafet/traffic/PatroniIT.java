package dev.estafet.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.estafet.testing.RealServers;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Whoever was made for Patroni's REST API gets the same answers here; and drained nodes are left alone. */
@RealServers
@Execution(ExecutionMode.SAME_THREAD)
class PatroniIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final TestCluster cluster = TestCluster.of("pg1", "pg2");
    private final TestNode pg1 = cluster.node("pg1");
    private final TestNode pg2 = cluster.node("pg2");

    @BeforeAll
    void aPairInItsSecondTimeline() {
        pg1.with("estafet.traffic.tags.zone", "a").with("estafet.traffic.tags.nofailover", "true");
        cluster.startWithOnePrimary().setUpAll();
        cluster.promote("pg2");
    }

    @AfterAll
    void end() {
        cluster.close();
    }

    @BeforeEach
    void pg1FollowsPg2() {
        cluster.awaitWritable("pg2");
        cluster.awaitStreaming("pg2", "pg1");
        awaitStatus(pg1, "/replica?replication_state=streaming", 200);
    }

    @Test
    void eachCheckAnswersWithPatronisCodeToGetHeadAndOptions() {
        var primaryOnly = List.of("/", "/primary", "/master", "/leader", "/read-write");
        var both = List.of("/read-only", "/health", "/patroni", "/liveness", "/readiness", "/cluster", "/history");
        var standbyOnly = List.of("/replica", "/async", "/asynchronous", "/replica?lag=16MB");
        var neither = List.of("/standby-leader", "/standby_leader", "/sync", "/synchronous", "/quorum");

        primaryOnly.forEach(path -> answers(path, 200, 503));
        standbyOnly.forEach(path -> answers(path, 503, 200));
        neither.forEach(path -> answers(path, 503, 503));
        both.forEach(path -> answers(path, 200, 200));
        answers("/read-only-sync", 200, 503);
        answers("/read-only-quorum", 200, 503);
    }

    private void answers(String path, int ofPrimary, int ofStandby) {
        Map.of(pg2, ofPrimary, pg1, ofStandby).forEach((node, expected) -> {
            assertThat(status(node, path)).as(path + " of " + node.name()).isEqualTo(expected);
            var head = node.anonymous().head(path);
            assertThat(head.statusCode()).as("HEAD " + path).isEqualTo(expected);
            assertThat(head.asString()).isEmpty();
            var options = node.anonymous().options(path);
            assertThat(options.statusCode()).as("OPTIONS " + path).isEqualTo(expected);
            assertThat(options.asString()).isEmpty();
        });
    }

    @Test
    void theBodySaysWhatPatronisClientsRead() {
        var primary = pg2.anonymous().get("/primary").jsonPath();
        assertThat(primary.getString("state")).isEqualTo("running");
        assertThat(primary.getString("role")).isEqualTo("primary");
        assertThat(primary.getInt("timeline")).isEqualTo(2);
        assertThat(primary.getLong("xlog.location")).isPositive();
        assertThat(primary.getInt("server_version")).isGreaterThan(130_000);
        assertThat(primary.getString("patroni.scope")).isEqualTo("tests");
        assertThat(primary.getString("patroni.name")).isEqualTo("pg2");
        assertThat(primary.getString("database_system_identifier"))
                .isEqualTo(pg2.text("SELECT system_identifier::text FROM pg_control_system()"));
        assertThat(primary.getString("postmaster_start_time"))
                .isEqualTo(pg2.text("SELECT to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC',"
                        + " 'YYYY-MM-DD HH24:MI:SS.US') || '+00:00'"));

        var standby = pg1.anonymous().get("/patroni").jsonPath();
        assertThat(standby.getString("role")).isEqualTo("replica");
        assertThat(standby.getString("replication_state")).isEqualTo("streaming");
        assertThat(standby.getLong("xlog.received_location")).isPositive();
        assertThat(standby.getLong("xlog.replayed_location")).isPositive();
        assertThat(standby.getBoolean("xlog.paused")).isFalse();
        assertThat(standby.getString("tags.zone")).isEqualTo("a");

        var members = pg1.anonymous().get("/cluster").jsonPath();
        assertThat(members.getString("scope")).isEqualTo("tests");
        assertThat(members.<String>getList("members.name")).containsExactly("pg1", "pg2");
        assertThat(members.<String>getList("members.role")).containsExactly("replica", "leader");
        assertThat(members.<String>getList("members.state")).containsExactly("streaming", "running");
        assertThat(members.<Integer>getList("members.port")).containsExactly(pg1.port(), pg2.port());
        assertThat(members.<Integer>getList("members.timeline")).containsExactly(2, 2);
        assertThat(members.getLong("members[0].lag")).isNotNegative();
        assertThat(members.getString("members[1].api_url")).isEqualTo(pg2.address() + "/patroni");

        var history = pg1.anonymous().get("/history").jsonPath();
        assertThat(history.getInt("[0][0]")).isEqualTo(1);
        assertThat(history.getLong("[0][1]")).isPositive();
        assertThat(history.getString("[0][2]")).isNotBlank();
        assertThat(pg1.anonymous().get("/config").jsonPath().getLong("maximum_lag_on_failover"))
                .isEqualTo(16L << 20);
    }

    @Test
    void theMetricsAreThoseOfPatroniAndOurs() {
        var primary = pg2.anonymous().accept("*/*").get("/metrics").asString();
        var standby = pg1.anonymous().accept("*/*").get("/metrics").asString();

        assertThat(primary)
                .contains("patroni_primary{scope=\"tests\",name=\"pg2\"} 1\n")
                .contains("patroni_replica{scope=\"tests\",name=\"pg2\"} 0\n")
                .contains("patroni_postgres_timeline{scope=\"tests\",name=\"pg2\"} 2\n")
                .contains("estafet_writable{scope=\"tests\",name=\"pg2\"} 1\n");
        assertThat(standby)
                .contains("patroni_primary{scope=\"tests\",name=\"pg1\"} 0\n")
                .contains("patroni_postgres_streaming{scope=\"tests\",name=\"pg1\"} 1\n")
                .contains("estafet_replay_lag_bytes{scope=\"tests\",name=\"pg1\"} ");
        assertThat(standby.lines())
                .allMatch(line -> line.matches(
                        "# HELP \\w+ .+|# TYPE \\w+ (gauge|counter)|\\w+\\{scope=\"tests\",name=\"pg1\"} [0-9.]+"));
    }

    @Test
    void lagReplicationStateAndTagsAreHeeded() {
        assertThat(status(pg1, "/replica?lag=1TB&replication_state=streaming")).isEqualTo(200);
        assertThat(status(pg1, "/replica?tag_zone=a&tag_nofailover=True")).isEqualTo(200);
        assertThat(status(pg1, "/replica?tag_zone=b")).isEqualTo(503);
        assertThat(status(pg1, "/replica?tag_disk=fast")).isEqualTo(503);
        assertThat(status(pg1, "/replica?replication_state=in%20archive%20recovery"))
                .isEqualTo(503);
        assertThat(status(pg2, "/primary?tag_zone=b")).as("tags do not count").isEqualTo(200);
        assertThat(status(pg1, "/replica?lag=much")).isEqualTo(400);
        assertThat(status(pg1, "/readiness?mode=read")).isEqualTo(400);
        assertThat(pg1.operator().body("{}").post("/replica").statusCode()).isEqualTo(405);

        try (var frozen = pg1.freeze("startup")) {
            pg2.sql("CREATE TABLE IF NOT EXISTS ballast AS SELECT generate_series(1, 30000)");
            awaitStatus(pg1, "/replica?lag=100kB", 503);
            awaitStatus(pg1, "/readiness?lag=100kB", 503);
            awaitStatus(pg1, "/readable?maxLag=100kB", 503);
            awaitStatus(pg1, "/readiness?lag=100kB&mode=write", 200);
            assertThat(status(pg1, "/replica")).isEqualTo(200);
            assertThat(frozen).isNotNull();
        }
        awaitStatus(pg1, "/replica?lag=100kB", 200);
    }

    @Test
    void aSynchronousStandbyIsToldApart() {
        pg2.sql("ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()");
        try {
            awaitStatus(pg1, "/sync", 200);
            assertThat(status(pg1, "/synchronous")).isEqualTo(200);
            assertThat(status(pg1, "/async")).isEqualTo(503);
            await("pg1 says so")
                    .atMost(SOON)
                    .until(() -> pg1.anonymous().get("/patroni").jsonPath().get("sync_standby") != null);
            assertThat(pg2.anonymous().get("/cluster").jsonPath().<String>getList("members.role"))
                    .containsExactly("sync_standby", "leader");

            pg2.sql("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'", "SELECT pg_reload_conf()");
            awaitStatus(pg1, "/quorum", 200);
            assertThat(status(pg1, "/read-only-quorum")).isEqualTo(200);
        } finally {
            pg2.sql("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
            awaitStatus(pg1, "/async", 200);
        }
    }

    @Test
    void aDrainedNodeServesNoReadsUntilItIsUndrainedWhateverRestarts() {
        // When: any node takes the call
        var answer = cluster.post("pg2", "/nodes/pg1/drain", Map.of("reason", "kernel update"));

        // Then
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        assertThat(answer.jsonPath().getString("by")).isEqualTo(TestCluster.OPERATOR);
        try {
            pg1IsDrained();
            pg1.restartService();
            pg1IsDrained();
            assertThat(pg2.anonymous().get("/status").jsonPath().<String>getList("problems.name"))
                    .containsExactly("drained");
            assertThat(pg1.anonymous().get("/patroni").jsonPath().getBoolean("tags.noloadbalance"))
                    .isTrue();
        } finally {
            assertThat(cluster.node("pg2").operator().post("/nodes/pg1/undrain").statusCode())
                    .isEqualTo(200);
        }
        awaitStatus(pg1, "/replica", 200);
        awaitStatus(pg1, "/readable", 200);
        awaitStatus(pg2, "/nodes/pg1/readable", 200);
    }

    private void pg1IsDrained() {
        awaitStatus(pg1, "/replica", 503);
        awaitStatus(pg1, "/readable", 503);
        awaitStatus(pg2, "/nodes/pg1/readable", 503);
        await("both leave it out")
                .atMost(SOON)
                .until(() -> cluster.nodes().stream()
                        .map(node -> node.anonymous().get("/read-endpoints").jsonPath())
                        .allMatch(list -> list.<String>getList("endpoints.node").equals(List.of("pg2"))
                                && list.getString("leftOut[0].reason").contains("drained")));
        assertThat(status(pg1, "/health")).isEqualTo(200);
    }

    private static int status(TestNode node, String path) {
        return node.anonymous().accept("*/*").get(path).statusCode();
    }

    private static void awaitStatus(TestNode node, String path, int status) {
        await("%s of %s answers %d".formatted(path, node.name(), status))
                .atMost(SOON)
                .ignoreExceptions()
                .until(() -> status(node, path) == status);
    }
}

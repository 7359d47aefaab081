package dev.estafet.switchover;

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

/** More than two nodes: members that are away, cascaded standbys, and commits that wait for standbys. */
@RealServers
class MembersIT {

    private final TestCluster cluster = TestCluster.of("pg1", "pg2", "pg3", "pg4");
    private final TestNode pg3 = cluster.node("pg3");
    private final TestNode pg4 = cluster.node("pg4");

    @BeforeAll
    void fourNodes() {
        cluster.startWithOnePrimary("--data-checksums").setUpAll();
    }

    @BeforeEach
    void pg1IsThePrimaryOfAll() {
        if (!cluster.primary().name().equals("pg1")) {
            cluster.promote("pg1");
        }
        cluster.awaitWritable("pg1");
        cluster.awaitStreaming("pg1", "pg2", "pg3", "pg4");
    }

    @AfterAll
    void end() {
        cluster.close();
    }

    @Test
    void aStandbyWhoseServerIsDownFollowsOnceItIsStarted() {
        // Given
        pg3.stopPostgres();

        // When
        var operation = cluster.promote("pg2");

        // Then
        assertThat(operation.phase("preflight").get("detail")).asString().contains("pg3 is unavailable");
        assertThat(operation.json().<String>getList("result.followers")).containsExactly("pg1", "pg4");
        assertThat(cluster.node("pg2").slots()).containsEntry("estafet_pg3", false);
        assertThat(pg3.isRunning())
                .as("a server that somebody stopped is not started")
                .isFalse();

        pg3.startPostgres();
        cluster.awaitStreaming("pg2", "pg1", "pg3", "pg4");
    }

    @Test
    void theNextSwitchoverWaitsForAMemberThatWasLateInTheLastOne() {
        // Given
        pg3.stopPostgres();
        cluster.promote("pg2");

        // When
        var operation = cluster.promote("pg1");

        // Then
        assertThat(operation.json().<String>getList("result.followers")).containsExactly("pg2", "pg4");
        pg3.startPostgres();
        cluster.awaitStreaming("pg1", "pg2", "pg3", "pg4");
    }

    @Test
    void aMemberWhoseServiceIsDownStopsTheSwitchoverUnlessItIsExcluded() {
        // Given
        pg3.killService();
        try {
            // When
            var refused = cluster.post("pg2", "/promote", Map.of("candidate", "pg2"));

            // Then
            assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(503);
            assertThat(refused.jsonPath().getString("remedy")).contains("exclude");
            cluster.awaitWritable("pg1");

            // When
            var answer = cluster.post("pg1", "/promote", Map.of("candidate", "pg2", "exclude", List.of("pg3")));

            // Then
            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
            assertThat(answer.jsonPath().<String>getList("result.followers")).containsExactly("pg1", "pg4");
            assertThat(cluster.node("pg2").slots()).containsEntry("estafet_pg3", false);
        } finally {
            pg3.startService();
        }
        assertThat(pg3.isInRecovery()).isTrue();
    }

    @Test
    void aCascadedStandbyKeepsItsUpstream() {
        // Given
        letPg4StreamFromPg3();

        // When
        cluster.promote("pg2");

        // Then
        cluster.awaitStreaming("pg2", "pg1", "pg3");
        cluster.awaitStreaming("pg3", "pg4");
        assertThat(cluster.node("pg2").slots()).containsOnlyKeys("estafet_pg1", "estafet_pg3");
        letPg4StreamFrom("pg2");
        pg3.sql("SELECT pg_drop_replication_slot('estafet_pg4')");
    }

    @Test
    void aCascadedStandbyFollowsThePrimaryWhereThatIsConfigured() {
        // Given
        letPg4StreamFromPg3();
        cluster.node("pg2").with("estafet.replication.cascades", "follow").restartService();

        // When
        cluster.promote("pg2");

        // Then
        cluster.awaitStreaming("pg2", "pg1", "pg3", "pg4");
        cluster.node("pg2").without("estafet.replication.cascades").restartService();
        pg3.sql("SELECT pg_drop_replication_slot('estafet_pg4')");
    }

    @Test
    void commitsWaitForTheRightStandbysAfterEachOfTenSwitchoversAndNeverHang() throws Exception {
        // Given
        var named = Map.of("pg1", "FIRST 1 (pg2, pg3)", "pg2", "FIRST 1 (pg1, pg3)");
        cluster.node("pg1")
                .sql("ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (pg2, pg3)'", "SELECT pg_reload_conf()");

        try (var writers = cluster.startWriters()) {
            for (int i = 1; i <= 10; i++) {
                // When
                var candidate = i % 2 == 0 ? "pg1" : "pg2";
                var operation = cluster.promote(candidate);

                // Then
                assertThat(operation.phase("synchronise").get("detail"))
                        .asString()
                        .contains(named.get(candidate));
                assertThat(cluster.node(candidate).setting("synchronous_standby_names"))
                        .isEqualTo(named.get(candidate));
                assertThat(cluster.node(candidate)
                                .rows("SELECT application_name FROM pg_stat_replication WHERE sync_state = 'sync'"))
                        .containsExactly(List.of(i % 2 == 0 ? "pg2" : "pg1"));
                cluster.awaitWrites(writers);
                assertThat(writers.verify().lost()).isZero();
            }
        }
        cluster.node("pg1").sql("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
    }

    private void letPg4StreamFromPg3() {
        letPg4StreamFrom("pg3");
        cluster.node("pg1").sql("SELECT pg_drop_replication_slot('estafet_pg4')");
    }

    private void letPg4StreamFrom(String upstream) {
        var before = pg4.setting("primary_conninfo");
        var changed = before.replaceAll(
                "port='?\\d+'?", "port=" + cluster.node(upstream).port());
        if (cluster.node(upstream).slots().get("estafet_pg4") == null) {
            cluster.node(upstream).sql("SELECT pg_create_physical_replication_slot('estafet_pg4', true)");
        }
        pg4.sql("ALTER SYSTEM SET primary_conninfo = '" + changed.replace("'", "''") + "'", "SELECT pg_reload_conf()");
        cluster.awaitStreaming(upstream, "pg4");
        await("the slot that pg4 left is idle")
                .atMost(Duration.ofSeconds(30))
                .until(() -> cluster.nodes().stream()
                        .filter(node -> !node.name().equals(upstream))
                        .noneMatch(node -> node.slots().getOrDefault("estafet_pg4", false)));
    }
}

package dev.estafet.rejoin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.estafet.testing.LocalProcesses;
import dev.estafet.testing.Operation;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Three nodes, two of which change roles while the third does not look. */
@RealServers
class FollowByItselfIT {

    private final TestCluster cluster = TestCluster.of("pg1", "pg2", "pg3");
    private final TestNode pg3 = cluster.node("pg3");
    private TestNode old = cluster.node("pg1");
    private TestNode next = cluster.node("pg2");

    @BeforeAll
    void threeNodes() {
        cluster.startWithOnePrimary("--data-checksums").setUpAll();
    }

    @BeforeEach
    void twoStandbysOfOnePrimary() {
        old = cluster.primary();
        next = cluster.node(old.name().equals("pg1") ? "pg2" : "pg1");
        cluster.awaitWritable(old.name());
        cluster.awaitStreaming(old.name(), next.name(), "pg3");
        awaitNothingGoesOn();
    }

    @AfterAll
    void end() {
        cluster.close();
    }

    /** Neither its server nor its service is there to be told. */
    @Test
    void aStandbyThatWasAwayDuringASwitchoverFollowsOnceItIsStarted() {
        // Given
        pg3.stopPostgres();
        pg3.killService();
        var answer = cluster.post(next.name(), "/promote", Map.of("candidate", next.name(), "exclude", List.of("pg3")));
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);

        // When
        pg3.startService();
        assertThat(pg3.isRunning()).isFalse();
        pg3.startPostgres();

        // Then
        cluster.awaitStreaming(next.name(), old.name(), "pg3");
        awaitNothingWrong();
    }

    /** One that tries all the time is back at the old primary as soon as that is a standby. */
    @ParameterizedTest
    @ValueSource(strings = {"5s", "10ms"})
    void theOthersFollowAStandbyThatWasPromotedByHand(String retryInterval) {
        // Given
        pg3.sql("ALTER SYSTEM SET wal_retrieve_retry_interval = '" + retryInterval + "'", "SELECT pg_reload_conf()");
        old.stopPostgres();

        // When
        next.promoteByHand();

        // Then
        cluster.awaitWritable(next.name());
        await("both follow")
                .atMost(TestCluster.LONGEST)
                .ignoreExceptions()
                .until(() -> old.streamsFrom(next) && pg3.streamsFrom(next));
        assertThat(next.slots()).containsEntry("estafet_pg3", true).containsEntry("estafet_" + old.name(), true);
        assertThat(old.slots()).isEmpty();
        pg3.sql("ALTER SYSTEM RESET wal_retrieve_retry_interval", "SELECT pg_reload_conf()");
        awaitNothingWrong();
    }

    @Test
    void aStandbyThatIsStoppedForMaintenanceIsLeftAlone() {
        // Given
        pg3.stopPostgres();

        // When
        cluster.promote(next.name());

        // Then
        await("the service has looked")
                .during(Duration.ofSeconds(4))
                .atMost(Duration.ofSeconds(30))
                .until(() -> !pg3.isRunning());
        pg3.startPostgres();
        cluster.awaitStreaming(next.name(), old.name(), "pg3");
    }

    @Test
    void aStandbyThatFollowsAlreadyIsLeftAsItIs() {
        // Given
        var before = cluster.serverStates();

        // When
        var answer = cluster.post(next.name(), "/nodes/pg3/rejoin", Map.of());

        // Then
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        assertThat(answer.jsonPath().getString("result.way")).isEqualTo("straight");
        assertThat(cluster.changesSince(before)).isEmpty();
    }

    @Test
    void whatAStandbyHasReceivedAndNotAppliedIsKeptAndCutOff() {
        // Given
        next.stopPostgres();
        try (var frozen = pg3.freeze("startup")) {
            old.sql("CREATE TABLE received AS SELECT * FROM generate_series(1, 20000) n");
            await("pg3 has received it")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> old.text("SELECT bool_and(flush_lsn >= pg_current_wal_lsn()) FROM pg_stat_replication")
                            .equals("t"));
            LocalProcesses.of(pg3.data()).forEach(ProcessHandle::destroyForcibly);
        }
        old.killPostgres();
        await("pg3 is down").until(() -> LocalProcesses.of(pg3.data()).isEmpty());
        next.startPostgres();
        next.promoteByHand();
        cluster.awaitWritable(next.name());
        cluster.awaitStreaming(next.name(), old.name());
        awaitNothingGoesOn();

        // When
        var answer = cluster.post(next.name(), "/nodes/pg3/rejoin", Map.of());

        // Then
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        var rejoin = new Operation(answer.jsonPath());
        assertThat(rejoin.json().getString("result.way")).isEqualTo("rewind");
        assertThat(rejoin.json().getLong("result.forked.bytes")).isGreaterThan(500_000);
        assertThat(rejoin.phase("rewind").get("detail")).asString().contains("cut off");
        cluster.awaitStreaming(next.name(), "pg3");
        assertThat(pg3.text("SELECT to_regclass('received') IS NULL")).isEqualTo("t");
        next.sql("CREATE TABLE IF NOT EXISTS after_it AS SELECT 1");
        await("what comes after it arrives")
                .atMost(Duration.ofSeconds(30))
                .until(() ->
                        pg3.text("SELECT to_regclass('after_it') IS NOT NULL").equals("t"));
        awaitNothingWrong();
    }

    private void awaitNothingGoesOn() {
        await("no operation is under way")
                .atMost(Duration.ofSeconds(60))
                .until(() -> next.anonymous().get("/status").jsonPath().getString("operation") == null);
    }

    private void awaitNothingWrong() {
        await("/status tells of no problem")
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(
                                next.anonymous().get("/status").jsonPath().<String>getList("problems.name"))
                        .isEmpty());
    }
}

package dev.estafet.switchover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.estafet.testing.Operation;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import dev.estafet.testing.Watcher;
import dev.estafet.testing.Writers;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Before the point of no return every failure puts the old primary back to work, and nobody who writes loses a row. */
@RealServers
class RollBackIT {

    private final TestCluster cluster = TestCluster.of("pg1", "pg2").with("estafet.time-outs.prove", "2s");
    private final TestNode pg1 = cluster.node("pg1");
    private final TestNode pg2 = cluster.node("pg2");
    private Writers writers = new Writers("unused", "", "", "", "", 0);
    private Watcher watcher;

    @BeforeAll
    void aPair() {
        cluster.startWithOnePrimary("--data-checksums").setUpAll();
        watcher = cluster.startWatcher();
        cluster.awaitWritable("pg1");
    }

    @BeforeEach
    void clientsWrite() {
        watcher.close();
        writers = cluster.startWriters();
        watcher = cluster.startWatcher();
    }

    @AfterEach
    void thePairIsAsBeforeAndNothingIsLost() throws SQLException {
        cluster.awaitWritable("pg1");
        cluster.awaitStreaming("pg1", "pg2");
        cluster.awaitWrites(writers);
        watcher.stop();
        assertThat(watcher.twoAtOnce()).isEmpty();
        assertThat(watcher.order()).containsOnly("pg1");
        assertThat(writers.stop().verify().lost()).isZero();
        assertThat(pg2.isInRecovery()).isTrue();
        assertThat(pg2.slots()).as("slots left on the candidate").isEmpty();
        assertThat(pg1.slots()).isEqualTo(Map.of("estafet_pg2", true));
        assertThat(pg1.text("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"))
                .isEqualTo("00000001");
        cluster.nodes()
                .forEach(node -> assertThat(node.state().resolve("enlistment.json"))
                        .as("enlistment of " + node.name())
                        .doesNotExist());
    }

    @AfterAll
    void end() {
        watcher.close();
        writers.close();
        cluster.close();
    }

    @Test
    void aCandidateThatDoesNotReplayIsNotPromoted() {
        try (var frozen = pg2.freeze("startup")) {
            // When
            var answer = cluster.post("pg1", "/promote", Map.of("candidate", "pg2"));

            // Then
            assertThat(answer.statusCode()).as(answer.asString()).isGreaterThanOrEqualTo(400);
            assertThat(answer.contentType()).startsWith("application/problem+json");
            assertThat(answer.jsonPath().getString("detail")).contains("replay");
            assertThat(answer.jsonPath().getString("remedy")).isNotBlank();
            var operation = cluster.operation("pg1", answer.jsonPath().getString("operation"));
            assertThat(operation.state()).isEqualTo("failed");
            assertThat(operation.json().getBoolean("committed")).isFalse();
            assertThat(operation.phase("demote")).containsEntry("state", "undone");
            assertThat(operation.phases()).doesNotContain("commit", "promote");
        }
    }

    @Test
    void aPrimaryThatDoesNotStopInTimeIsPutBack() {
        // Given
        var impatient = Map.of("candidate", "pg2", "timeOuts", Map.of("stop", "1s"));
        try (var frozen = pg1.freeze("walsender")) {
            // When
            var answer = cluster.post("pg2", "/promote", impatient);

            // Then
            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(504);
            assertThat(answer.jsonPath().getString("detail")).contains("shut down");
            assertThat(answer.jsonPath().getString("remedy")).isNotBlank();
        }
    }

    @Test
    void aDriverThatIsKilledWithThePrimaryDownPutsItBackWhenItReturns() {
        // Given
        Operation operation;
        try (var frozen = pg2.freeze("startup")) {
            operation = cluster.begin("pg2", "/promote", Map.of("candidate", "pg2"));
            var id = operation.id();
            await("the primary is down")
                    .atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> cluster.operation("pg2", id).phases().contains("prove"));

            // When
            pg2.killService();
        }
        assertThat(cluster.writable()).isEmpty();
        pg2.startService();

        // Then
        var end = cluster.awaitEnd("pg1", operation.id());
        assertThat(end.state()).isEqualTo("interrupted");
        assertThat(end.json().getString("problem.remedy")).isNotBlank();
    }

    @Test
    void aDemotedServerThatIsStartedBehindItsServicesBackIsNeverWritableAndStoppedAtOnceAsPrimary() throws IOException {
        // Given
        Operation operation;
        try (var frozen = pg2.freeze("startup")) {
            operation = cluster.begin("pg2", "/promote", Map.of("candidate", "pg2"));
            var id = operation.id();
            await("the primary is down")
                    .atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> cluster.operation("pg2", id).phases().contains("prove"));
            pg2.killService();
        }
        await("the old primary has ended").atMost(Duration.ofSeconds(30)).until(() -> !pg1.isRunning());
        try (var demoted = cluster.startWatcher()) {
            // When
            pg1.startPostgres();

            // Then
            assertThat(pg1.isInRecovery())
                    .as("a standby, as systemd would have it")
                    .isTrue();

            // When
            pg1.stopPostgres();
            Files.delete(pg1.data().resolve("standby.signal"));
            pg1.launchPostgres();

            // Then
            await("the service stops it").atMost(Duration.ofSeconds(30)).until(() -> !pg1.isRunning());
            assertThat(pg1.data().resolve("standby.signal")).exists();
            assertThat(demoted.stop().order()).isEmpty();
        }
        pg2.startService();
        var end = cluster.awaitEnd("pg1", operation.id());
        assertThat(end.state()).isEqualTo("interrupted");
        assertThat(end.json().getString("problem.detail")).contains("writes were down for");
    }

    @Test
    void aPrimaryWhoseServiceIsRestartedWhileItIsDownStaysDownUntilTheDriverSaysSo() {
        try (var frozen = pg2.freeze("startup")) {
            // Given
            var operation = cluster.begin("pg2", "/promote", Map.of("candidate", "pg2"));
            await("the primary is down")
                    .atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() ->
                            cluster.operation("pg2", operation.id()).phases().contains("prove"));

            // When
            pg1.killService();
            pg1.startService();

            // Then
            assertThat(cluster.awaitEnd("pg2", operation.id()).state()).isEqualTo("failed");
        }
    }
}

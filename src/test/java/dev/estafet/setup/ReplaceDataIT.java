package dev.estafet.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.estafet.testing.LocalProcesses;
import dev.estafet.testing.Operation;
import dev.estafet.testing.PostgresInstallation;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.ServerUser;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Setup of a standby that holds data of its own: never without being told, and never for good. */
@RealServers
@TestMethodOrder(OrderAnnotation.class)
class ReplaceDataIT {

    private final TestCluster cluster = TestCluster.of("pg1", "pg2");
    private final TestNode primary = cluster.node("pg1");
    private final TestNode standby = cluster.node("pg2");

    @BeforeAll
    void twoServersThatKnowNothingOfEachOther() {
        primary.initdb().startPostgres();
        standby.initdb().startPostgres();
        standby.sql("CREATE TABLE mine AS SELECT 42 AS answer");
        primary.sql(
                "CREATE TABLE sample AS SELECT n, repeat(md5(n::text), 30) AS filler FROM generate_series(1, 50000) n");
        cluster.startServices();
    }

    @AfterAll
    void end() {
        cluster.close();
    }

    @Test
    void dataIsNotReplacedUnlessItIsAskedFor() {
        // Given
        var before = cluster.serverStates();

        // When
        var answer = cluster.post("pg1", "/setup", Map.of("standby", "pg2"));

        // Then
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(409);
        assertThat(answer.contentType()).startsWith("application/problem+json");
        assertThat(answer.jsonPath().getString("detail")).contains("pg2").contains("data");
        assertThat(answer.jsonPath().getString("remedy")).contains("replaceData");
        assertThat(cluster.changesSince(before)).isEmpty();
        assertThat(standby.text("SELECT answer FROM mine")).isEqualTo("42");
    }

    /** The last one, since afterwards the standby holds no data of its own any more. */
    @Test
    @Order(Integer.MAX_VALUE)
    void replacedDataIsSetAsideWhole() {
        // Given
        var identifier = standby.controlData().get("Database system identifier");

        // When
        var answer = cluster.post("pg1", "/setup", Map.of("standby", "pg2", "replaceData", true));

        // Then
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        assertThat(new Operation(answer.jsonPath()).state()).isEqualTo("completed");
        assertThat(standby.streamsFrom(primary)).isTrue();
        assertThat(standby.text("SELECT count(*) FROM sample")).isEqualTo("50000");
        assertThat(setAside()).hasSize(1);
        var printed = ServerUser.run(
                PostgresInstallation.used().tool("pg_controldata"),
                setAside().getFirst().toString());
        assertThat(printed)
                .containsPattern("Database system identifier: +" + identifier)
                .containsPattern("Database cluster state: +shut down\n");
    }

    @Test
    void aBaseBackupThatIsKilledHalfwayPutsTheOldDataBack() {
        // Given
        var before = standby.serverState();
        var operation = cluster.begin("pg2", "/setup", Map.of("standby", "pg2", "replaceData", true));
        var copying = await("pg_basebackup copies")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> LocalProcesses.of("pg_basebackup", standby.data()), it -> !it.isEmpty())
                .getFirst();
        LocalProcesses.signal(copying, "STOP");
        assertThat(cluster.operation("pg1", operation.id()).state()).isEqualTo("running");
        assertThat(setAside()).hasSize(1);

        // When
        copying.destroyForcibly();

        // Then
        var end = cluster.awaitEnd("pg2", operation.id());
        assertThat(end.state()).isEqualTo("failed");
        assertThat(end.json().getString("problem.detail")).contains("pg_basebackup");
        assertThat(end.json().getString("problem.remedy")).isNotBlank();
        assertThat(standby.isRunning()).isTrue();
        assertThat(standby.text("SELECT answer FROM mine")).isEqualTo("42");
        assertThat(standby.isInRecovery()).isFalse();
        var after = standby.serverState();
        assertThat(after.facts())
                .containsEntry("data directory", before.facts().get("data directory"))
                .containsEntry("settings", before.facts().get("settings"))
                .containsEntry("pg_hba.conf", before.facts().get("pg_hba.conf"));
        assertThat(setAside()).isEmpty();
        assertThat(primary.slots()).isEmpty();
        assertThat(cluster.node("pg2").anonymous().get("/status").jsonPath().getString("operation"))
                .isNull();
    }

    @Test
    void aCancelledSetupPutsTheOldDataBack() {
        // Given
        var operation = cluster.begin("pg2", "/setup", Map.of("standby", "pg2", "replaceData", true));
        var copying = await("pg_basebackup copies")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> LocalProcesses.of("pg_basebackup", standby.data()), it -> !it.isEmpty())
                .getFirst();
        LocalProcesses.signal(copying, "STOP");

        // When
        var answer = cluster.node("pg1").operator().delete("/operations/" + operation.id());

        // Then
        assertThat(answer.statusCode()).as(answer.asString()).isBetween(200, 202);
        assertThat(cluster.awaitEnd("pg1", operation.id()).state()).isEqualTo("cancelled");
        assertThat(standby.text("SELECT answer FROM mine")).isEqualTo("42");
        assertThat(setAside()).isEmpty();
        assertThat(primary.slots()).isEmpty();
        assertThat(LocalProcesses.of("pg_basebackup", standby.data())).isEmpty();
    }

    /** Directories next to the standby's data directory that hold a cluster. */
    private List<Path> setAside() {
        try (var siblings = Files.list(standby.data().getParent())) {
            return siblings.filter(it -> !it.equals(standby.data()))
                    .filter(it -> Files.exists(it.resolve("PG_VERSION")))
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}

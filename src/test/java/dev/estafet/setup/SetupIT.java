package dev.estafet.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.estafet.testing.Operation;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.ServerUser;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A stock server and an empty machine become a pair: the runbook's steps 1 to 15, each looked at. */
@RealServers
class SetupIT {

    private static final List<String> PHASES = List.of(
            "enlist",
            "preflight",
            "prepare-primary",
            "stop",
            "set-aside",
            "base-backup",
            "start",
            "stream",
            "verify",
            "complete");

    private final TestCluster cluster = TestCluster.of("pg1", "pg2");
    private final TestNode primary = cluster.node("pg1");
    private final TestNode standby = cluster.node("pg2");
    private Operation operation;

    @BeforeAll
    void aStockServerAndAnEmptyMachine() {
        primary.initdb().startPostgres();
        primary.sql(
                "CREATE DATABASE shop",
                "CREATE TABLE sample AS SELECT n, repeat('x', 1000) AS filler FROM generate_series(1, 10000) n");
        cluster.startServices();
        operation = cluster.setUp("pg2");
    }

    @AfterAll
    void end() {
        cluster.close();
    }

    @Test
    void everyPhaseIsDoneInOrderAndSaysWhatItDoes() {
        assertThat(operation.json().getString("kind")).isEqualTo("setup");
        assertThat(operation.json().getString("driver")).isEqualTo("pg2");
        assertThat(operation.json().getString("requestedBy")).isEqualTo(TestCluster.OPERATOR);
        assertThat(operation.phases()).isEqualTo(PHASES);
        assertThat(operation.phaseStates()).isSubsetOf("done", "skipped").contains("done");
        assertThat(operation.json().<String>getList("phases.sentence")).allMatch(it -> it.length() > 20);
    }

    @Test
    void aPrimaryWhoseServiceAnswersLateGivesItsWordAllTheSame() {
        // Given
        String id;
        try (var frozen = primary.freezeService()) {
            id = cluster.begin("pg2", "/setup", Map.of("standby", "pg2")).id();

            // When
            await("everyone else has given its word")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> cluster.operation("pg2", id).phases().contains("preflight"));
        }

        // Then
        var ended = cluster.awaitEnd("pg2", id);
        assertThat(ended.phase("enlist").get("detail")).isEqualTo("pg2");
        assertThat(ended.state()).as(ended.toString()).isEqualTo("completed");
    }

    @Test
    void theBaseBackupToldItsProgress() {
        var path = "phases.find { it.name == 'base-backup' }.progress.";

        assertThat(operation.json().getInt(path + "percent")).isEqualTo(100);
        assertThat(operation.json().getLong(path + "totalBytes")).isGreaterThan(10_000_000);
        assertThat(operation.json().getLong(path + "doneBytes"))
                .isGreaterThanOrEqualTo(operation.json().getLong(path + "totalBytes"));
    }

    @Test
    void thePrimaryIsReadyToBeStreamedFromAndToBeRewound() {
        assertThat(primary.text(
                        "SELECT has_function_privilege('estafet_replication', 'pg_read_binary_file(text)', 'execute')"))
                .isEqualTo("t");
        assertThat(primary.setting("wal_level")).isEqualTo("replica");
        assertThat(primary.setting("wal_log_hints")).isEqualTo("on");
        assertThat(primary.rows("SELECT rolreplication, rolsuper FROM pg_roles WHERE rolname = 'estafet_replication'"))
                .containsExactly(List.of("t", "f"));
        assertThat(primary.text("SELECT count(*) FROM pg_settings WHERE pending_restart"))
                .isEqualTo("0");
    }

    @Test
    void bothNodesLetTheReplicationRoleInSinceRolesWillSwap() throws IOException {
        for (var node : cluster.nodes()) {
            assertThat(Files.readString(node.configuration().resolve("pg_hba.conf")))
                    .as(node.name())
                    .startsWith("# BEGIN estafet")
                    .contains("host replication estafet_replication 127.0.0.1/32 scram-sha-256\n")
                    .contains("# TYPE  DATABASE");
            assertThat(node.text("SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL"))
                    .isEqualTo("0");
        }
    }

    @Test
    void theStandbyStreamsThroughItsSlot() {
        assertThat(standby.isInRecovery()).isTrue();
        assertThat(standby.streamsFrom(primary)).isTrue();
        assertThat(primary.slots()).isEqualTo(Map.of("estafet_pg2", true));
        assertThat(standby.slots()).isEmpty();
        assertThat(primary.rows("SELECT application_name, state FROM pg_stat_replication"))
                .containsExactly(List.of("pg2", "streaming"));
        assertThat(standby.setting("primary_slot_name")).isEqualTo("estafet_pg2");
        assertThat(standby.data().resolve("standby.signal")).exists();
    }

    @Test
    void theStandbyListensWhereItsConfigurationSays() {
        assertThat(standby.setting("port")).isEqualTo(Integer.toString(standby.port()));
        assertThat(primary.setting("port")).isEqualTo(Integer.toString(primary.port()));
    }

    @Test
    void thePasswordStandsInNoSettingNoLogAndNoAnswer() throws IOException {
        var secret = "word 'of";
        assertThat(TestCluster.REPLICATION_PASSWORD).contains(secret);

        assertThat(standby.setting("primary_conninfo")).contains("passfile=").doesNotContain("password=");
        assertThat(operation.toString()).doesNotContain(secret);
        for (var node : cluster.nodes()) {
            for (var log : node.logs()) {
                assertThat(Files.readString(log)).doesNotContain(secret);
            }
            assertThat(Files.readString(node.data().resolve("postgresql.auto.conf")))
                    .doesNotContain(secret);
        }
    }

    @Test
    void theDataDirectoryBelongsToTheServersUserAlone() throws IOException {
        assertThat(Files.getPosixFilePermissions(standby.data()))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(Files.getOwner(standby.data()).getName()).isEqualTo(ServerUser.name());
    }

    @Test
    void theMarkerRowArrivedAndTheDataIsTheSame() {
        var marker = "SELECT node, operation FROM estafet.marker ORDER BY node";
        assertThat(standby.rows(marker))
                .isEqualTo(primary.rows(marker))
                .anySatisfy(row -> assertThat(row).contains(operation.id()));
        assertThat(standby.text("SELECT count(*) FROM sample")).isEqualTo("10000");
        assertThat(standby.text("SELECT count(*) FROM pg_database WHERE datname = 'shop'"))
                .isEqualTo("1");
        assertThat(standby.text("SELECT system_identifier FROM pg_control_system()"))
                .isEqualTo(primary.text("SELECT system_identifier FROM pg_control_system()"));
    }

    @Test
    void aWriteOnTheStandbyIsRefused() throws SQLException {
        try (var connection = standby.connect();
                var statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute("INSERT INTO sample VALUES (0)"))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            refusal -> assertThat(refusal.getSQLState()).isEqualTo("25006"));
        }
    }

    @Test
    void aSecondSetupChangesNothingAndSaysSo() {
        // Given
        var before = cluster.serverStates();

        // When
        var second = cluster.setUp("pg2");

        // Then
        assertThat(second.id()).isNotEqualTo(operation.id());
        assertThat(second.toString()).containsIgnoringCase("already");
        assertThat(cluster.changesSince(before)).isEmpty();
        assertThat(siblingsOfData()).containsExactly("data");
    }

    @Test
    void aDryRunChangesNothingAndNamesThePhases() {
        // Given
        var before = cluster.serverStates();

        // When
        var answer = cluster.post("pg1", "/setup", Map.of("standby", "pg2", "dryRun", true));

        // Then
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        assertThat(answer.jsonPath().<String>getList("phases.name")).isEqualTo(PHASES);
        assertThat(cluster.changesSince(before)).isEmpty();
    }

    private List<String> siblingsOfData() {
        try (Stream<Path> siblings = Files.list(standby.data().getParent())) {
            return siblings.map(it -> it.getFileName().toString())
                    .filter(it -> it.contains("data"))
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}

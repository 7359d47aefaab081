package dev.estafet.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The harness itself, as far as it needs only PostgreSQL. */
@RealServers
class HarnessIT {

    @Test
    void nothingIsLeftBehindWhenAClusterIsClosed() {
        // Given
        var cluster = TestCluster.of("pg1", "pg2");
        var node = cluster.node("pg1").initdb().startPostgres();
        cluster.node("pg2").initdb().startPostgres();
        assertThat(LocalProcesses.of(cluster.directory())).hasSizeGreaterThan(2);
        assertThat(node.text("SELECT 1")).isEqualTo("1");

        // When
        cluster.close();

        // Then
        assertThat(LocalProcesses.of(cluster.directory())).isEmpty();
        assertThat(cluster.directory()).doesNotExist();
    }

    @Test
    void aServerThatIsKilledIsDownAndStartsAgain() {
        try (var cluster = TestCluster.of("pg1")) {
            // Given
            var node = cluster.node("pg1").initdb().startPostgres();

            // When
            node.killPostgres();

            // Then
            assertThat(node.isRunning()).isFalse();
            assertThat(node.controlData()).containsEntry("Database cluster state", "in production");
            node.startPostgres();
            assertThat(node.text("SELECT 1")).isEqualTo("1");
        }
    }

    @Test
    void writersNoticeALostRowAndARowThatNobodyWasPromised() throws Exception {
        try (var cluster = TestCluster.of("pg1")) {
            // Given
            var node = cluster.node("pg1").initdb().startPostgres();
            var writers = cluster.startWriters();
            writers.stop();
            assertThat(writers.verify().lost()).isZero();
            assertThat(writers.verify().inDoubt()).isZero();

            // When
            node.sql(
                    "DELETE FROM writes WHERE writer = 2 AND seq = 0",
                    "INSERT INTO writes (writer, seq) VALUES (1, 1000000)");

            // Then
            var verdict = writers.verify();
            assertThat(verdict.lost()).isEqualTo(1);
            assertThat(verdict.inDoubt()).isEqualTo(1);
            assertThat(verdict.found()).isEqualTo(verdict.acknowledged());
        }
    }

    @Test
    void writersGoOnAfterARestartAndTellHowLongItTook() throws Exception {
        try (var cluster = TestCluster.of("pg1");
                var writers = started(cluster)) {
            var before = System.nanoTime();

            // When
            cluster.node("pg1").stopPostgres();
            var stopped = System.nanoTime();
            cluster.node("pg1").startPostgres();
            cluster.awaitWrites(writers);

            // Then
            assertThat(writers.failures()).isPositive();
            assertThat(writers.longestGapSince(before).toNanos())
                    .isBetween(1L, System.nanoTime() - before)
                    .isGreaterThan((System.nanoTime() - stopped) / 10);
            assertThat(writers.stop().verify().lost()).isZero();
        }
    }

    @Test
    void aServerThatIsLeftAloneLooksTheSameTwiceAndOneThatIsChangedDoesNot() {
        try (var cluster = TestCluster.of("pg1")) {
            // Given
            var node = cluster.node("pg1").initdb().startPostgres();
            var before = node.serverState();
            assertThat(node.serverState()).isEqualTo(before);

            // When
            node.sql("SELECT pg_create_physical_replication_slot('x')");

            // Then
            assertThat(node.serverState()).isNotEqualTo(before);
        }
    }

    @Test
    void debiansClustersAreDroppedWithTheirConfiguration() {
        assumeTrue(TestCluster.debianIsPossible(), "pg_createcluster is not installed, or this is not root");
        // Given
        var cluster = TestCluster.debian("pg1");
        var node = cluster.node("pg1").initdb().startPostgres();
        assertThat(node.configuration()).isNotEqualTo(node.data()).exists();
        assertThat(node.text("SELECT 1")).isEqualTo("1");

        // When
        cluster.close();

        // Then
        assertThat(LocalProcesses.of(node.data())).isEmpty();
        assertThat(Files.exists(node.configuration())).isFalse();
        assertThat(Files.exists(node.data())).isFalse();
    }

    @Test
    void aCutNetworkLosesEverythingThatOneNodeSendsToTheOtherAndNothingElse() {
        assumeTrue(Machines.canBeApart(), "networks of their own take root");
        try (var cluster = TestCluster.apart("pg1", "pg2")) {
            // Given
            var node = cluster.node("pg1").initdb().startPostgres();
            assertThat(cluster.reaches("pg2", "pg1")).isTrue();

            // When
            cluster.machines().cut("pg1", "pg2");

            // Then
            assertThat(cluster.reaches("pg2", "pg1")).as("the answer is lost").isFalse();
            assertThat(node.text("SELECT 1")).as("for the tests it is there").isEqualTo("1");
            cluster.machines().mendNetwork();
            assertThat(cluster.reaches("pg2", "pg1")).isTrue();
        }
    }

    @Test
    void aFullDiskTakesNothingMoreUntilThereIsRoom() {
        assumeTrue(Machines.canBeApart(), "disks of their own take root");
        try (var cluster = TestCluster.apart("pg1")) {
            // Given
            var node = cluster.node("pg1").initdb().startPostgres();
            node.sql("CREATE TABLE filler (text text)");

            // When
            node.fillDataDisk();

            // Then
            assertThatThrownBy(() -> node.sql("INSERT INTO filler SELECT repeat(md5(i::text), 100)"
                            + " FROM generate_series(1, 100000) i"))
                    .hasMessageContaining("No space left on device");
            cluster.machines().makeRoom();
            node.sql("INSERT INTO filler VALUES ('fits')");
        }
    }

    @Test
    void aServiceIsHaltedAndHeldAtItsPointsAndItsClockIsSet() {
        try (var cluster = TestCluster.apart("pg1", "pg2").startWithOnePrimary()) {
            // Given
            var pg2 = cluster.node("pg2");
            pg2.points().setClock(Duration.ofHours(-1));
            pg2.points().holdAt("before phase:preflight");

            // When
            var operation = cluster.begin("pg2", "/setup", Map.of("standby", "pg2"));

            // Then
            pg2.points().awaitHeld();
            var held = cluster.operation("pg2", operation.id());
            assertThat(held.phases()).containsExactly("enlist", "preflight");
            assertThat(Instant.parse(held.json().getString("startedAt")))
                    .isBefore(Instant.now().minus(Duration.ofMinutes(50)));

            // When
            pg2.points().haltAt("after journal:end");
            pg2.points().letGo();

            // Then
            await("the service halts").atMost(Duration.ofSeconds(60)).until(() -> !pg2.serviceRuns());
            assertThat(pg2.points().hasHalted()).isTrue();
        }
    }

    private static Writers started(TestCluster cluster) {
        cluster.node("pg1").initdb().startPostgres();
        return cluster.startWriters();
    }
}

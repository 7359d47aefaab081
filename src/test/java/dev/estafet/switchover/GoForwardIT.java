package dev.estafet.switchover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Timeline;
import dev.estafet.postgres.WalFiles;
import dev.estafet.testing.Operation;
import dev.estafet.testing.PostgresInstallation;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.ServerUser;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import dev.estafet.testing.Watcher;
import dev.estafet.testing.Writers;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * After the point of no return there is only forward, whoever dies. A slow {@code archive_command} keeps the old primary's
 * server from ending for a while, so that there is time to kill a service when writes are back but nobody follows yet.
 */
@RealServers
class GoForwardIT {

    private static final int ARCHIVING_SECONDS = 4;
    private static final long SEGMENT = 16L << 20;

    private final TestCluster cluster = TestCluster.of("pg1", "pg2");
    private TestNode primary = cluster.node("pg1");
    private TestNode candidate = cluster.node("pg2");
    private Writers writers = new Writers("unused", "", "", "", "", 0);
    private Watcher watcher;

    @BeforeAll
    void aPairThatArchivesSlowly() {
        primary.initdb("--data-checksums")
                .configure("archive_mode = on")
                .configure("archive_command = 'sleep %d'".formatted(ARCHIVING_SECONDS))
                .startPostgres();
        cluster.startServices().setUpAll();
        watcher = cluster.startWatcher();
    }

    @BeforeEach
    void clientsWrite() {
        watcher.close();
        cluster.awaitWritable(primary.name());
        cluster.awaitStreaming(primary.name(), candidate.name());
        writers = cluster.startWriters();
        watcher = cluster.startWatcher();
    }

    @AfterEach
    void theRolesHaveChangedAndNothingIsLost() throws SQLException {
        cluster.awaitStreaming(candidate.name(), primary.name());
        cluster.awaitWrites(writers);
        watcher.stop();
        assertThat(watcher.twoAtOnce()).isEmpty();
        assertThat(writers.stop().verify().lost()).isZero();
        cluster.nodes()
                .forEach(node -> assertThat(node.state().resolve("enlistment.json"))
                        .as("enlistment of " + node.name())
                        .doesNotExist());
        var before = primary;
        primary = candidate;
        candidate = before;
    }

    @AfterAll
    void end() {
        watcher.close();
        writers.close();
        cluster.close();
    }

    @Test
    void writesDoNotWaitForTheOldPrimarysArchiver() {
        // When
        var operation = cluster.promote(candidate.name());

        // Then
        assertThat(operation.json().getDouble("result.writeDowntimeMillis")).isLessThan(ARCHIVING_SECONDS * 1000.0);
        assertThat(writers.longestGap()).isLessThan(Duration.ofSeconds(ARCHIVING_SECONDS));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 31})
    void theSegmentThatTheShutdownEndsIsNearlyFull(int halfMegabytes) {
        // Given
        primary.text("SELECT pg_switch_wal()");
        primary.text("SELECT count(pg_logical_emit_message(false, 'test', repeat(' ', 524288)))"
                + " FROM generate_series(1, " + halfMegabytes + ")");

        // When
        var operation = cluster.promote(candidate.name());

        // Then
        var checkpoint = Lsn.parse(operation.certified("shutdownCheckpoint"));
        var timeline = new Timeline(Integer.parseInt(operation.certified("oldTimeline")));
        assertThat(endOfSegmentBefore(timeline, checkpoint)).isGreaterThan(SEGMENT * 9 / 10);
    }

    /** Where in the segment before that one the rest was given up. */
    private long endOfSegmentBefore(Timeline timeline, Lsn position) {
        var wal = new WalFiles(candidate.data().resolve("pg_wal"), SEGMENT);
        var file = wal.directory().resolve(wal.nameAt(timeline, new Lsn(position.value() - SEGMENT)));
        var switched = Pattern.compile("lsn: ([0-9A-F/]+), .*SWITCH")
                .matcher(ServerUser.run(PostgresInstallation.used().tool("pg_waldump"), "-r", "XLOG", file.toString()));
        assertThat(switched.find()).as("a switch in " + file).isTrue();
        var end = Lsn.parse(switched.group(1));
        return end.minus(wal.segmentOf(end));
    }

    @Test
    void aDriverThatIsKilledAfterThePromotionBringsTheOthersAlongWhenItReturns() {
        // Given
        var operation = begunAndFollowing();

        // When
        candidate.killService();
        candidate.startService();

        // Then
        var end = cluster.awaitEnd(primary.name(), operation.id());
        assertThat(end.state()).as(end.toString()).isEqualTo("completed");
        assertThat(end.json().getBoolean("committed")).isTrue();
        assertThat(end.certified("zeroLoss")).isEqualTo("true");
    }

    @Test
    void anOldPrimaryWhoseServiceIsKilledFollowsWhenItReturns() {
        // Given
        var operation = begunAndFollowing();

        // When
        primary.killService();
        primary.startService();

        // Then
        var end = cluster.awaitEnd(candidate.name(), operation.id());
        assertThat(end.state()).as(end.toString()).isEqualTo("completed");
        assertThat(end.certified("newPrimary")).isEqualTo(candidate.name());
    }

    @Test
    void aCandidateWhoseServerDiesAfterTheDecisionIsStartedAgainByItsDriver() {
        // Given
        var operation = begunAndFollowing();

        // When
        candidate.killPostgres();

        // Then
        var end = cluster.awaitEnd(primary.name(), operation.id());
        assertThat(end.state()).as(end.toString()).isEqualTo("completed");
        assertThat(end.certified("newPrimary")).isEqualTo(candidate.name());
    }

    /** A switchover that is past its point of no return, writes are back, and the old primary's server still ends. */
    private Operation begunAndFollowing() {
        var operation = cluster.begin(candidate.name(), "/promote", Map.of("candidate", candidate.name()));
        await("the switchover waits for the old primary to follow")
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> cluster.operation(candidate.name(), operation.id())
                        .phases()
                        .contains("follow"));
        assertThat(cluster.operation(candidate.name(), operation.id()).json().getBoolean("committed"))
                .isTrue();
        return operation;
    }
}

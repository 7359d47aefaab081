package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.EstafetConfig.Control;
import dev.estafet.testing.PostgresInstallation;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.ServerUser;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What we take for the end of a server's WAL is what PostgreSQL's own recovery takes for it. */
@RealServers
class PgWalDumpIT {

    private final TestCluster cluster = TestCluster.of("crashed", "stopped", "prepared", "full");

    @AfterAll
    void end() {
        cluster.close();
    }

    @Test
    void ofAServerThatCrashedItLiesPastAllThatTheControlFileNames() {
        // Given
        var node = cluster.node("crashed").initdb().startPostgres();
        node.sql("CREATE TABLE t AS SELECT n, repeat('x', 500) AS filler FROM generate_series(1, 20000) n");
        node.killPostgres();

        // When
        var end = endOfWal(node);

        // Then
        assertThat(end.isAfter(control(node).checkpoint())).isTrue();
        assertThat(afterRecovery(node)).isEqualTo(end);
    }

    @Test
    void ofAServerThatWasShutDownItIsTheEndOfItsLastCheckpoint() {
        // Given
        var node = cluster.node("stopped").initdb().startPostgres();
        node.stopPostgres();

        // When
        var end = endOfWal(node);

        // Then
        assertThat(end.minus(control(node).checkpoint())).isBetween(100L, 200L);
        assertThat(afterRecovery(node)).isEqualTo(end);
    }

    @Test
    void segmentsThatWereMadeInAdvanceDoNotHideIt() {
        // Given
        var node = cluster.node("prepared").initdb().startPostgres();
        node.stopPostgres();
        var wal = WalFiles.of(node.data(), control(node));
        for (int ahead = 1; ahead <= 20; ahead++) {
            var later = new Lsn(control(node).checkpoint().value() + ahead * wal.segmentBytes());
            ServerUser.run("truncate", "-s", "16M", file(wal, later));
        }

        // When
        var end = endOfWal(node);

        // Then
        assertThat(end.minus(control(node).checkpoint())).isBetween(100L, 200L);
        assertThat(afterRecovery(node)).isEqualTo(end);
    }

    @Test
    void whereTheLastSegmentIsFullItIsThatSegmentsEnd() {
        // Given
        var node = cluster.node("full").initdb().startPostgres();
        node.sql("SELECT pg_switch_wal()");
        node.killPostgres();
        var wal = WalFiles.of(node.data(), control(node));
        var next = new Lsn(wal.segmentOf(control(node).checkpoint()).value() + wal.segmentBytes());
        ServerUser.run("rm", "-f", file(wal, next));

        // When
        var end = endOfWal(node);

        // Then
        assertThat(end).isEqualTo(next);
        assertThat(afterRecovery(node)).isEqualTo(end);
    }

    private static String file(WalFiles wal, Lsn position) {
        return wal.directory().resolve(wal.nameAt(new Timeline(1), position)).toString();
    }

    private static Lsn endOfWal(TestNode node) {
        var installation =
                new Installation(PostgresInstallation.used().bin(), node.data(), node.data(), Control.PG_CTL);
        return new PgWalDump(installation)
                .endOfWal(
                        WalFiles.of(node.data(), control(node)),
                        control(node).timeline(),
                        control(node).checkpoint())
                .orElseThrow();
    }

    /** A standby without a primary has replayed all there is, and no more. */
    private static Lsn afterRecovery(TestNode node) {
        ServerUser.run("touch", node.data().resolve("standby.signal").toString());
        node.startPostgres();
        return Lsn.parse(node.text("SELECT pg_last_wal_replay_lsn()"));
    }

    private static PgControlData control(TestNode node) {
        return PgControlData.read(node.data()).orElseThrow();
    }
}

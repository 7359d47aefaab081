package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.estafet.postgres.PgControlData.State;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.ServerUser;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What we read from the control file is what {@code pg_controldata} prints of it. */
@RealServers
class PgControlDataIT {

    private final TestCluster cluster = TestCluster.of("pg1");
    private final TestNode node = cluster.node("pg1");

    @BeforeAll
    void aServer() {
        node.initdb();
    }

    @AfterAll
    void end() {
        cluster.close();
    }

    @Test
    void aServerThatWasShutDown() {
        if (node.isRunning()) {
            node.stopPostgres();
        }

        assertThat(readsLikeTheTool().state()).isEqualTo(State.SHUT_DOWN);
    }

    @Test
    void aServerThatRunsAndTakesCheckpoints() {
        if (!node.isRunning()) {
            node.startPostgres();
        }
        var before = readsLikeTheTool();
        assertThat(before.state()).isEqualTo(State.IN_PRODUCTION);

        node.sql("CREATE TABLE IF NOT EXISTS t (x int)", "INSERT INTO t VALUES (1)", "CHECKPOINT");

        assertThat(readsLikeTheTool().checkpoint()).isGreaterThan(before.checkpoint());
    }

    @Test
    void aStandbyOfTheOtherKindsOfRewindableServers() {
        try (var others = TestCluster.of("sums", "hints")) {
            for (var other : others.nodes()) {
                other.initdb(other.name().equals("sums") ? "--data-checksums" : "--wal-segsize=4");
                if (other.name().equals("hints")) {
                    other.configure("wal_log_hints = on");
                }
                other.startPostgres();
                other.stopPostgres();
                assertThat(readsLikeTheTool(other).isRewindable())
                        .as(other.name())
                        .isTrue();
                ServerUser.run("touch", other.data().resolve("standby.signal").toString());
                other.startPostgres();
                other.stopPostgres();
                var standby = readsLikeTheTool(other);
                assertThat(standby.state()).isEqualTo(State.SHUT_DOWN_IN_RECOVERY);
                assertThat(standby.recovery().timeline()).isEqualTo(new Timeline(1));
            }
        }
    }

    @Test
    void noControlFileIsNoControlData(@TempDir Path empty) {
        assertThat(PgControlData.read(empty)).isEmpty();
    }

    @Test
    void aDamagedControlFileIsRefused(@TempDir Path directory) throws IOException {
        var bytes = Files.readAllBytes(node.data().resolve("global/pg_control"));
        bytes[40] ^= 1;
        Files.write(Files.createDirectory(directory.resolve("global")).resolve("pg_control"), bytes);

        assertThatThrownBy(() -> PgControlData.read(directory)).hasMessageContaining("no valid checksum");
    }

    private PgControlData readsLikeTheTool() {
        return readsLikeTheTool(node);
    }

    private static PgControlData readsLikeTheTool(TestNode node) {
        var read = PgControlData.read(node.data()).orElseThrow();
        var printed = node.controlData();
        assertThat(read.state()).hasToString(printed.get("Database cluster state"));
        assertThat(read.systemIdentifier()).isEqualTo(printed.get("Database system identifier"));
        assertThat(read.checkpoint()).hasToString(printed.get("Latest checkpoint location"));
        assertThat(read.timeline()).hasToString(printed.get("Latest checkpoint's TimeLineID"));
        assertThat(read.recovery().point()).hasToString(printed.get("Minimum recovery ending location"));
        assertThat(read.recovery().timeline()).hasToString(printed.get("Min recovery ending loc's timeline"));
        assertThat(read.segmentBytes()).hasToString(printed.get("Bytes per WAL segment"));
        assertThat(read.isRewindable())
                .isEqualTo("on".equals(printed.get("wal_log_hints setting"))
                        || !"0".equals(printed.get("Data page checksum version")));
        return read;
    }
}

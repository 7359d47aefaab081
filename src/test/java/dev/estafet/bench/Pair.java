package dev.estafet.bench;

import static org.awaitility.Awaitility.await;

import dev.estafet.testing.Operation;
import dev.estafet.testing.ServerUser;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import dev.estafet.testing.Writers;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The two servers, each with a service beside it, whose roles change hands again and again. */
final class Pair implements AutoCloseable {

    private static final int WRITERS = 4;
    private static final Duration BEFORE = Duration.ofMillis(1500);
    private static final Duration AFTER = Duration.ofMillis(400);
    private static final Duration LONGEST = Duration.ofMinutes(3);

    private final TestCluster cluster = TestCluster.of("pg1", "pg2");
    private final Duration retry;
    /** Services that have not driven a switchover since their start. */
    private final Set<String> fresh = new HashSet<>();

    private TestNode primary;
    private TestNode standby;

    /** Makes both. */
    Pair(Options options) throws IOException, InterruptedException {
        retry = options.retry();
        primary = cluster.node("pg1");
        standby = cluster.node("pg2");
        // What others switch over is put back by order only, not by the services of their own accord.
        cluster.with("estafet.rejoin", "off")
                .startWithOnePrimary("--data-checksums", "--wal-segsize=" + options.segment());
        Stream.concat(Stream.of("max_wal_size = 4GB", "wal_keep_size = 512MB"), options.settings().stream())
                .forEach(primary::configure);
        Load.makeTables(primary, options.scale());
        cluster.setUpAll();
    }

    TestCluster cluster() {
        return cluster;
    }

    /** Restarts servers and services under these conditions. */
    void restart(Conditions conditions) {
        cluster.nodes().forEach(TestNode::stopService);
        standby.stopPostgres();
        primary.stopPostgres();
        for (var node : cluster.nodes()) {
            var directory = archiveOf(node);
            ServerUser.run("sh", "-c", "rm -rf \"$1\" && mkdir \"$1\"", "sh", directory);
            node.configure("shared_buffers = %dMB".formatted(conditions.sharedBuffersMb()));
            node.configure("archive_mode = " + (conditions.archiving() == Conditions.Archiving.OFF ? "off" : "on"));
            node.configure("archive_command = '" + conditions.archiving().command(directory) + "'");
        }
        primary.startPostgres();
        standby.startPostgres();
        cluster.startServices();
        fresh.addAll(Set.of("pg1", "pg2"));
    }

    /** Beside the data directory; emptied at each restart. */
    private String archiveOf(TestNode node) {
        return node.state().resolveSibling("archive").toString();
    }

    /** Waits until nothing is left of the round before: the standby has all, the archiver too, the services agree. */
    void settle() {
        cluster.awaitStreaming(primary.name(), standby.name());
        cluster.awaitWritable(primary.name());
        var end = primary.text("SELECT pg_current_wal_lsn()");
        await("the standby has everything")
                .atMost(LONGEST)
                .until(() -> standby.text("SELECT pg_last_wal_replay_lsn() >= '" + end + "'::pg_lsn")
                        .equals("t"));
        await("the archive has everything")
                .atMost(LONGEST)
                .until(() -> primary.text("SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
                                + " AND current_setting('archive_mode') = 'on'")
                        .equals("0"));
    }

    /** Measures one switchover. */
    Round measure(Contender contender, Conditions conditions) throws IOException, SQLException {
        settle();
        var isFirst = contender == Contender.ESTAFET && fresh.remove(standby.name());
        var predicted = contender == Contender.ESTAFET ? prediction() : null;
        try (var load = new Load(cluster, conditions.tps());
                var writers = writers()) {
            cluster.awaitWrites(writers.start());
            LockSupport.parkNanos(BEFORE.toNanos());
            var begin = System.nanoTime();
            var told = contender.switchOver(cluster, primary, standby);
            cluster.awaitWrites(writers);
            LockSupport.parkNanos(AFTER.toNanos());
            writers.stop();
            load.close();
            var gap = writers.longestGapSince(begin).toNanos() / 1e6;
            rolesHaveChanged(told);
            var lost = lost(writers);
            return new Round(
                    Instant.now(),
                    conditions,
                    contender,
                    isFirst,
                    gap,
                    writers.acknowledged(),
                    lost,
                    told.map(it -> Double.valueOf(it.certified("writeDowntimeMillis")))
                            .orElse(null),
                    predicted,
                    told.map(Round::rejoinMillis).orElse(null),
                    told.map(Round::phases).orElse(null));
        }
    }

    private double prediction() {
        return standby.anonymous()
                .get("/promote/readiness?candidate=" + standby.name())
                .jsonPath()
                .getDouble("prediction.millis");
    }

    private Writers writers() {
        var hosts = cluster.nodes().stream().map(Pair::address).collect(Collectors.joining(","));
        return new Writers(hosts, "postgres", TestNode.TESTER, TestNode.TESTER_PASSWORD, "writes", WRITERS, retry);
    }

    private static String address(TestNode node) {
        return "127.0.0.1:" + node.port();
    }

    /** Estafet has put the old primary back to work as a standby; after the others, it is asked to. */
    private void rolesHaveChanged(Optional<Operation> told) {
        var old = primary;
        primary = standby;
        standby = old;
        if (told.isEmpty()) {
            await("the end of the old primary").atMost(LONGEST).until(() -> !old.isRunning());
            cluster.awaitWritable(primary.name());
            var answer = cluster.post(old.name(), "/nodes/" + old.name() + "/rejoin", Map.of("reason", "next round"));
            if (answer.statusCode() != 200) {
                throw new IllegalStateException("no rejoin: " + answer.asString());
            }
        }
        settle();
    }

    /** Acknowledged rows that either node is missing. */
    private long lost(Writers writers) throws SQLException {
        return Math.max(
                writers.verifyOn(address(primary)).lost(),
                writers.verifyOn(address(standby)).lost());
    }

    @Override
    public void close() {
        cluster.close();
    }
}

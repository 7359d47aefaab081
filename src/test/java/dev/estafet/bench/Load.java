package dev.estafet.bench;

import dev.estafet.testing.PostgresInstallation;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** Four clients of pgbench beside the writers, rate-limited, on whichever server is the primary. Ended by closing it. */
final class Load implements AutoCloseable {

    private static final Duration RETRY = Duration.ofMillis(200);
    private static final String LONGER_THAN_ANY_ROUND = "3600";

    private final TestCluster cluster;
    private final int tps;
    private final Thread thread;
    private volatile boolean ended;

    /** Begins at once; with a rate of 0 there is none. */
    Load(TestCluster cluster, int tps) {
        this.cluster = cluster;
        this.tps = tps;
        this.ended = tps == 0;
        thread = Thread.ofPlatform().daemon().name("load").start(this::run);
    }

    /** Makes pgbench's tables: 15 MB for each unit of {@code scale}. */
    static void makeTables(TestNode primary, int scale) throws IOException, InterruptedException {
        var made = start(
                List.of("-i", "-q", "-s", Integer.toString(scale)), "127.0.0.1", Integer.toString(primary.port()));
        if (made.waitFor() != 0) {
            throw new IOException("pgbench -i failed");
        }
    }

    private void run() {
        try {
            while (!ended) {
                var client = start(
                        List.of("-n", "-c", "4", "-T", LONGER_THAN_ANY_ROUND, "-R", Integer.toString(tps)),
                        each("127.0.0.1"),
                        cluster.nodes().stream()
                                .map(node -> Integer.toString(node.port()))
                                .collect(Collectors.joining(",")));
                while (client.isAlive() && !ended) {
                    LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
                }
                client.destroyForcibly().onExit().join();
                LockSupport.parkNanos(RETRY.toNanos());
            }
        } catch (IOException failure) {
            throw new IllegalStateException("pgbench cannot be run", failure);
        }
    }

    private String each(String host) {
        return cluster.nodes().stream().map(node -> host).collect(Collectors.joining(","));
    }

    private static Process start(List<String> arguments, String hosts, String ports) throws IOException {
        var command =
                new java.util.ArrayList<>(List.of(PostgresInstallation.used().tool("pgbench")));
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(Redirect.DISCARD);
        builder.environment().put("PGHOST", hosts);
        builder.environment().put("PGPORT", ports);
        builder.environment().put("PGUSER", TestNode.TESTER);
        builder.environment().put("PGPASSWORD", TestNode.TESTER_PASSWORD);
        builder.environment().put("PGDATABASE", "postgres");
        builder.environment().put("PGTARGETSESSIONATTRS", "read-write");
        return builder.start();
    }

    @Override
    public void close() {
        ended = true;
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

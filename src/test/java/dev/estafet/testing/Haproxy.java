package dev.estafet.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A real HAProxy in front of a test cluster, as the servers' user, with a configuration of its own. */
public final class Haproxy implements AutoCloseable {

    private final String name;
    private final Path directory;
    private final Path file;
    private final Path log;
    private final int writePort = FreePorts.next();
    private final int readPort = FreePorts.next();
    private @Nullable Process process;

    public Haproxy(TestCluster cluster, String name) {
        this.name = name;
        this.directory = cluster.directory();
        this.file = directory.resolve(name + ".cfg");
        this.log = directory.resolve(name + ".log");
    }

    public String name() {
        return name;
    }

    public int writePort() {
        return writePort;
    }

    public int readPort() {
        return readPort;
    }

    /** Gives each member a port for agent-checks, for its service's next start. */
    public static void giveAgentPorts(TestCluster cluster) {
        cluster.nodes()
                .forEach(node -> cluster.with("estafet.members." + node.name() + ".agent-port", FreePorts.next()));
    }

    /** Takes this configuration, in which {@code WRITES} and {@code READS} stand for the addresses to listen at. */
    public Haproxy configure(String configuration) {
        try {
            Files.writeString(
                    file,
                    configuration
                            .replace("WRITES", "127.0.0.1:" + writePort)
                            .replace("READS", "127.0.0.1:" + readPort));
            ServerUser.own(file);
            return this;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Fails unless HAProxy takes the configuration; returns what it has to say of it. */
    public String check() {
        return ServerUser.run("haproxy", "-c", "-f", file.toString());
    }

    public Haproxy start() {
        try {
            process = new ProcessBuilder(ServerUser.command(List.of("haproxy", "-db", "-f", file.toString())))
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.appendTo(log.toFile()))
                    .start();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        await(name + " listens")
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> {
                    try (var socket = new Socket(InetAddress.getLoopbackAddress(), writePort)) {
                        return socket.isConnected();
                    }
                });
        return this;
    }

    public void stop() {
        if (process != null) {
            process.destroyForcibly();
            try {
                process.waitFor(20, TimeUnit.SECONDS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        stop();
    }
}

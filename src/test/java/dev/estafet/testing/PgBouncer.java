package dev.estafet.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A real PgBouncer in transaction pooling, with one database {@code app}, which is {@code postgres} of the primary. */
public final class PgBouncer implements AutoCloseable {

    public static final String ADMINISTRATOR = "warden";
    public static final String ADMINISTRATOR_PASSWORD = "opens 'every' door";

    private static final String PARAMETERS = "dbname=postgres connect_query='select 1'";

    private final Path directory;
    private final int port = FreePorts.next();
    private final Path databases;
    private @Nullable Process process;

    public PgBouncer(TestCluster cluster, String name, int serverPort) {
        directory = ServerUser.makeDirectory(cluster.directory().resolve(name));
        databases = write("databases.ini", "app = host=127.0.0.1 port=%d %s\n".formatted(serverPort, PARAMETERS));
        write(
                "users",
                "\"%s\" \"%s\"\n\"%s\" \"%s\"\n"
                        .formatted(ADMINISTRATOR, ADMINISTRATOR_PASSWORD, TestNode.TESTER, TestNode.TESTER_PASSWORD));
        write("pgbouncer.ini", """
                [databases]
                %%include %1$s/databases.ini
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %2$d
                unix_socket_dir = %1$s
                auth_type = scram-sha-256
                auth_file = %1$s/users
                admin_users = %3$s
                pool_mode = transaction
                default_pool_size = 10
                server_login_retry = 1
                """.formatted(directory, port, ADMINISTRATOR));
    }

    public int port() {
        return port;
    }

    /** Where its Unix socket is. */
    public Path directory() {
        return directory;
    }

    /** Writes one of its files, for its own user. */
    private Path write(String name, String content) {
        try {
            var file = directory.resolve(name);
            Files.writeString(file, content);
            ServerUser.own(file);
            return file;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The file with its databases. */
    public Path databases() {
        return databases;
    }

    /** Writes a script that rewrites its databases; returns it, and what it is to be given, for {@code point-command}. */
    public String pointCommand() {
        var script = write("point", """
                echo "$1 $2" >%1$s/pointed
                sed -i "s/host=[^ ]* port=[0-9]*/host=$3 port=$4/" %2$s
                """.formatted(directory, databases));
        return "/bin/sh,%s,{pooler},{node},{host},{port}".formatted(script);
    }

    /** What the script was last told: the pooler's name, and the node's. */
    public String pointed() {
        try {
            return Files.readString(directory.resolve("pointed")).strip();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Clients that never stop writing through it, into a table of their own; not started yet. */
    public Writers writers(String table, int count) {
        return new Writers(
                        "127.0.0.1:" + port,
                        "app?prepareThreshold=0&socketTimeout=60",
                        TestNode.TESTER,
                        TestNode.TESTER_PASSWORD,
                        table,
                        count)
                .resting(Duration.ofMillis(5), Duration.ofMillis(20));
    }

    /** Starts it, and returns when it listens. */
    public void start() {
        try {
            process = new ProcessBuilder(ServerUser.command(List.of(
                            "/usr/sbin/pgbouncer",
                            directory.resolve("pgbouncer.ini").toString())))
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.appendTo(directory.resolve("log").toFile()))
                    .start();
        } catch (IOException failure) {
            throw new UncheckedIOException("is PgBouncer installed? script/test does that", failure);
        }
        var started = process;
        await("PgBouncer in " + directory)
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                .failFast("it ended, see its log", () -> !started.isAlive())
                .until(this::listens);
    }

    /** Ends it as a crash would. */
    public void kill() {
        var running = process;
        if (running != null) {
            try {
                running.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private boolean listens() {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    @Override
    public void close() {
        kill();
    }
}

package dev.estafet.testing;

import static org.awaitility.Awaitility.await;

import io.restassured.RestAssured;
import io.restassured.builder.RequestSpecBuilder;
import io.restassured.http.ContentType;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** One node: a PostgreSQL server and the Estafet service beside it. Each can be started, stopped and killed by itself. */
public final class TestNode {

    /** The superuser whom the tests come as, over TCP; made at the first start of a new server. */
    public static final String TESTER = "tester";

    public static final String TESTER_PASSWORD = "for tests only";

    private final TestCluster cluster;
    private final String name;
    private final Server server;
    private final Path directory;
    private final String host;
    private final URI address;
    private final @Nullable ServicePoints points;
    private final Service service;
    private final Map<String, String> settings = new TreeMap<>();

    TestNode(TestCluster cluster, String name, Server server, Path directory, Machine machine) {
        this.cluster = cluster;
        this.name = name;
        this.server = server;
        this.host = machine.address();
        this.directory = ServerUser.makeDirectory(directory);
        this.address = URI.create("http://%s:%d".formatted(host, FreePorts.next()));
        this.points = machine.hasPoints() ? new ServicePoints(directory.resolve("points")) : null;
        this.service = new Service(address, directory, machine, points);
    }

    public String name() {
        return name;
    }

    /** Address of the PostgreSQL server. */
    public String host() {
        return host;
    }

    /** Port of the PostgreSQL server. */
    public int port() {
        return server.port();
    }

    public Path data() {
        return server.data();
    }

    /** Where {@code postgresql.conf} and {@code pg_hba.conf} are. */
    public Path configuration() {
        return server.configuration();
    }

    /** Base address of the service. */
    public URI address() {
        return address;
    }

    // ---- the server

    /** Makes a new cluster, with a system identifier of its own, that does not run yet. */
    public TestNode initdb(String... options) {
        server.create(options);
        return this;
    }

    /** Adds a line to {@code postgresql.conf}, for the next start. */
    public TestNode configure(String line) {
        server.configure(line);
        return this;
    }

    /** Leaves the node with an empty data directory, as before {@code pg_basebackup}. */
    public TestNode emptyData() {
        ServerUser.delete(server.data());
        return this;
    }

    public TestNode startPostgres() {
        server.start();
        if (!isInRecovery()) {
            psql(
                    "DO $$ BEGIN IF to_regrole('%s') IS NULL THEN CREATE ROLE %s SUPERUSER LOGIN PASSWORD '%s'; END IF; END $$"
                            .formatted(TESTER, TESTER, TESTER_PASSWORD));
        }
        return this;
    }

    /** Starts the server and asks it nothing; somebody may stop it again before it is up. */
    public void launchPostgres() {
        try {
            server.start();
        } catch (IllegalStateException stoppedMeanwhile) {
            // That is what its service is for.
        }
    }

    /** Stops the server in fast mode. */
    public void stopPostgres() {
        ServerUser.run(
                PostgresInstallation.used().tool("pg_ctl"), "stop", "-s", "-m", "fast", "-w", "-D", data().toString());
    }

    /** Kills the postmaster, and waits until its processes have noticed and PID 1 has buried it: then it can start again. */
    public void killPostgres() {
        var killed = postmaster().orElseThrow();
        killed.destroyForcibly();
        await("the end of the server in " + data())
                .atMost(Duration.ofSeconds(30))
                .until(() -> LocalProcesses.of(data()).isEmpty()
                        && !Files.exists(Path.of("/proc", Long.toString(killed.pid()))));
    }

    /** Makes a standby a primary behind its service's back. */
    public void promoteByHand() {
        ServerUser.run(PostgresInstallation.used().tool("pg_ctl"), "promote", "-s", "-w", "-D", data().toString());
    }

    public boolean isRunning() {
        return postmaster().isPresent();
    }

    /** The server's first process. */
    public Optional<ProcessHandle> postmaster() {
        try {
            var pid = Files.readAllLines(data().resolve("postmaster.pid")).getFirst();
            // A killed process that nobody has waited for yet has no command line any more.
            return ProcessHandle.of(Long.parseLong(pid.strip()))
                    .filter(it -> !LocalProcesses.commandLine(it.pid()).isEmpty());
        } catch (IOException none) {
            return Optional.empty();
        }
    }

    /** What {@code pg_controldata} prints, by the words before the colon. */
    public Map<String, String> controlData() {
        var printed = ServerUser.run(PostgresInstallation.used().tool("pg_controldata"), data().toString());
        var found = new TreeMap<String, String>();
        printed.lines().map(line -> line.split(":\\s*", 2)).forEach(pair -> found.put(pair[0], pair[pair.length - 1]));
        return found;
    }

    /**
     * Stops one of the server's processes where it is, until the answer is closed: the {@code startup} process, so that
     * nothing is replayed, or the {@code checkpointer}, so that no checkpoint ends.
     */
    public Frozen freeze(String title) {
        var process = LocalProcesses.of(data()).stream()
                .filter(it -> LocalProcesses.commandLine(it.pid()).contains(title))
                .findFirst()
                .orElseThrow();
        LocalProcesses.signal(process, "STOP");
        return () -> {
            if (process.isAlive()) {
                LocalProcesses.signal(process, "CONT");
            }
        };
    }

    /** A process that stands still; thawing it twice does no harm. */
    @FunctionalInterface
    public interface Frozen extends AutoCloseable {
        @Override
        void close();
    }

    // ---- its SQL

    /** A new connection as superuser. */
    public Connection connect() throws SQLException {
        return connect("postgres");
    }

    /** A new connection as superuser to this database. */
    public Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://%s:%d/%s?connectTimeout=5&socketTimeout=60".formatted(host, port(), database),
                TESTER,
                TESTER_PASSWORD);
    }

    /** Runs statements. */
    public void sql(String... statements) {
        try (var connection = connect();
                var statement = connection.createStatement()) {
            for (var each : statements) {
                statement.execute(each);
            }
        } catch (SQLException failure) {
            throw new IllegalStateException(name + ": " + failure.getMessage(), failure);
        }
    }

    /** The rows of a query, each as the texts of its columns. */
    public List<List<String>> rows(String query) {
        try (var connection = connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            var all = new ArrayList<List<String>>();
            while (rows.next()) {
                var row = new ArrayList<String>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    row.add(String.valueOf(rows.getString(i)));
                }
                all.add(row);
            }
            return all;
        } catch (SQLException failure) {
            throw new IllegalStateException(name + ": " + failure.getMessage(), failure);
        }
    }

    /** The first column of a query's only row, as text. */
    public String text(String query) {
        return rows(query).getFirst().getFirst();
    }

    public String setting(String parameter) {
        return text("SELECT current_setting('" + parameter + "')");
    }

    public boolean isInRecovery() {
        return psql("SELECT pg_is_in_recovery()").strip().equals("t");
    }

    /** Name and activity of every slot that is there to stay. */
    public Map<String, Boolean> slots() {
        var slots = new TreeMap<String, Boolean>();
        rows("SELECT slot_name, active FROM pg_replication_slots WHERE NOT temporary")
                .forEach(row -> slots.put(row.getFirst(), row.getLast().equals("t")));
        return slots;
    }

    /** Whether the server streams from that node now. */
    public boolean streamsFrom(TestNode primary) {
        return rows("SELECT sender_port FROM pg_stat_wal_receiver WHERE status = 'streaming'")
                .equals(List.of(List.of(Integer.toString(primary.port()))));
    }

    /** All that a refused request must leave as it was. */
    public ServerState serverState() {
        return ServerState.of(this);
    }

    /** SQL as the OS user, on the socket: works before the tests' own role is there. */
    private String psql(String sql) {
        return ServerUser.run(
                PostgresInstallation.used().tool("psql"),
                "-X",
                "-q",
                "-A",
                "-t",
                "-h",
                server.sockets().toString(),
                "-p",
                Integer.toString(port()),
                "-U",
                "postgres",
                "-d",
                "postgres",
                "-c",
                sql);
    }

    // ---- the service

    /** Sets a key of this node's configuration, for the service's next start. */
    public TestNode with(String key, Object value) {
        settings.put(key, value.toString());
        return this;
    }

    /** Takes a key back to what the cluster has for it. */
    public TestNode without(String key) {
        settings.remove(key);
        return this;
    }

    /** Starts the service and returns when it answers. */
    public TestNode startService() {
        service.start(properties());
        return this;
    }

    /** Starts the service and returns at once. */
    public Process launchService() {
        return service.launch(properties());
    }

    public void stopService() {
        service.stop();
    }

    /** Ends the service as a crash would. */
    public void killService() {
        service.kill();
    }

    public void restartService() {
        stopService();
        startService();
    }

    /** Stops the service's process where it is, as a paused machine would, until the answer is closed. */
    public Frozen freezeService() {
        return service.freeze();
    }

    public boolean serviceRuns() {
        return service.isRunning();
    }

    /** The service's process, if it runs. */
    public Optional<ProcessHandle> serviceProcess() {
        return service.process().map(Process::toHandle);
    }

    /** Where the service can be halted or held; only in a cluster that is {@link TestCluster#apart}. */
    public ServicePoints points() {
        return Objects.requireNonNull(points);
    }

    /** Lets the disk of the server's data be full, until {@link Machines#makeRoom}. */
    public void fillDataDisk() {
        cluster.machines().fill(Objects.requireNonNull(data().getParent()));
    }

    /** Lets the disk of the service's state be full, until {@link Machines#makeRoom}. */
    public void fillStateDisk() {
        cluster.machines().fill(state());
    }

    /** What the service has said so far. */
    public String serviceLog() {
        return read(service.log());
    }

    /** A request to the service by nobody in particular; its answer must be as documented. */
    public RequestSpecification anonymous() {
        return RestAssured.given()
                .filter(new AsDocumented())
                .spec(new RequestSpecBuilder().setBaseUri(address).build())
                .accept(ContentType.JSON);
    }

    /** A request to the service by an operator, with a JSON body. */
    public RequestSpecification operator() {
        return anonymous()
                .auth()
                .preemptive()
                .oauth2(TestCluster.OPERATOR_TOKEN)
                .contentType(ContentType.JSON);
    }

    private String properties() {
        var all = new TreeMap<String, String>();
        all.put("quarkus.http.host", address.getHost());
        all.put("quarkus.http.port", Integer.toString(address.getPort()));
        all.put("estafet.node", name);
        all.put("estafet.postgres.data-directory", server.data().toString());
        all.put("estafet.postgres.port", Integer.toString(server.port()));
        all.put("estafet.state-directory", state().toString());
        if (server instanceof PlainServer) {
            all.put(
                    "estafet.postgres.bin-directory",
                    PostgresInstallation.used().bin().toString());
            all.put("estafet.postgres.socket-directory", server.sockets().toString());
            all.put("estafet.postgres.log-file", server.log().toString());
        }
        all.putAll(cluster.settings());
        all.putAll(settings);
        var text = new StringBuilder();
        all.forEach((key, value) ->
                text.append(key).append('=').append(value.replace("\\", "\\\\")).append('\n'));
        return text.toString();
    }

    // ---- what is left of it

    /** The service's state directory. */
    public Path state() {
        return directory.resolve("state");
    }

    List<Path> logs() {
        return List.of(service.log(), server.log());
    }

    void close() {
        service.kill();
        stopAtOnce();
        LocalProcesses.of(data()).forEach(ProcessHandle::destroyForcibly);
        server.drop();
    }

    /** SIGQUIT, so that the server takes its shared memory with it. */
    private void stopAtOnce() {
        postmaster().ifPresent(it -> LocalProcesses.signal(it, "QUIT"));
        var end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (isRunning() && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
        }
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}

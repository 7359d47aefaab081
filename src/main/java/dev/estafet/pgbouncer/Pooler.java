package dev.estafet.pgbouncer;

import dev.estafet.EstafetConfig.Hosts;
import dev.estafet.EstafetConfig.Member;
import dev.estafet.EstafetConfig.PgBouncer;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.pgbouncer.PoolerState.PooledDatabase;
import dev.estafet.postgres.Tool;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** One PgBouncer of the configuration, and what can be done with it; each verb may be repeated. */
final class Pooler {

    private static final Logger LOG = Logger.getLogger(Pooler.class);

    private final String name;
    private final PgBouncer config;
    private final List<String> databases;
    private final Duration timeOut;
    private final @Nullable DatabasesFile file;

    /** @param timeOut for what its console answers at once */
    Pooler(String name, PgBouncer config, Duration timeOut) {
        this.name = name;
        this.config = config;
        this.databases = config.databases().stream().map(String::strip).toList();
        this.timeOut = timeOut;
        this.file = config.databasesFile().map(DatabasesFile::new).orElse(null);
    }

    String name() {
        return name;
    }

    boolean namesPrimary() {
        return config.hosts() == Hosts.SELF;
    }

    Duration resumeTimeOut() {
        return config.resumeTimeOut();
    }

    /** How it is now; that it does not answer is an answer too. */
    PoolerState look() {
        try (var console = Console.open(config, timeOut)) {
            var all = console.databases();
            var missing = new ArrayList<>(databases);
            missing.removeAll(all.stream().map(PooledDatabase::name).toList());
            return state(console.version(), null, ours(all), missing);
        } catch (SQLException failure) {
            return state(null, String.valueOf(failure.getMessage()), List.of(), List.of());
        }
    }

    private PoolerState state(
            @Nullable String version, @Nullable String failure, List<PooledDatabase> found, List<String> missing) {
        return new PoolerState(
                name,
                address(),
                version,
                failure,
                config.required(),
                PoolerState.word(config.hosts()),
                found,
                List.copyOf(missing));
    }

    private String address() {
        return config.host()
                .map(host -> host + ":" + config.port())
                .or(() -> config.socketDirectory()
                        .map(it -> it.resolve(".s.PGSQL." + config.port()).toString()))
                .orElseThrow();
    }

    private List<PooledDatabase> ours(List<PooledDatabase> all) {
        return all.stream().filter(it -> databases.contains(it.name())).toList();
    }

    /** Why it could not be pointed at another primary, as far as can be seen without doing it. */
    Optional<String> obstacle() {
        return file == null ? Optional.empty() : file.obstacle(databases);
    }

    List<String> databases() {
        return databases;
    }

    /**
     * Holds back this database's clients, and returns once their last transactions have ended. A failure may leave it paused:
     * {@link #resume} is due in any case.
     */
    void pause(String database) {
        var start = System.nanoTime();
        try (var console = Console.open(config, timeOut)) {
            console.pause(database, config.pauseTimeOut());
        } catch (SQLException failure) {
            var waited = Duration.ofNanos(System.nanoTime() - start);
            throw waited.compareTo(config.pauseTimeOut()) < 0
                    ? refused("PAUSE of " + database, failure)
                    : new Problem(
                                    Kind.TIMED_OUT,
                                    "Pooler %s could not pause %s within %d ms: a client's transaction has not ended."
                                            .formatted(
                                                    name,
                                                    database,
                                                    config.pauseTimeOut().toMillis()),
                                    "End long transactions (pg_stat_activity on the primary tells them), or raise"
                                            + " estafet.pgbouncer.%s.pause-time-out.".formatted(name))
                            .raisedBy(failure);
        }
    }

    /** Has its databases lead to this server from now on, where it names the primary itself. */
    void point(String node, Member primary) {
        if (!namesPrimary()) {
            return;
        }
        // First of all, so that one which is down now, or dies in between, starts with the right address.
        var unwritten = write(primary);
        try (var console = Console.open(config, timeOut)) {
            if (leadTo(console, primary)) {
                return;
            }
            unwritten.ifPresent(failure -> {
                throw failure;
            });
            config.pointCommand().ifPresent(command -> run(command, node, primary));
            console.reload();
            if (!leadTo(console, primary)) {
                throw new Problem(
                                Kind.COMMAND_FAILED,
                                "Pooler %s was told to reload, and its databases still do not lead to %s:%d."
                                        .formatted(name, primary.host(), primary.port()),
                                "PgBouncer's log tells why; see estafet.pgbouncer.%s.databases-file and point-command."
                                        .formatted(name))
                        .raised();
            }
        } catch (SQLException failure) {
            throw refused("being pointed at " + node, failure);
        }
    }

    private Optional<UncheckedIOException> write(Member primary) {
        try {
            if (file != null) {
                file.point(databases, primary.host(), primary.port());
            }
            return Optional.empty();
        } catch (UncheckedIOException failure) {
            LOG.warnf("Pooler %s: %s", name, failure);
            return Optional.of(failure);
        }
    }

    private boolean leadTo(Console console, Member primary) throws SQLException {
        return ours(console.databases()).stream().allMatch(it -> it.leadsTo(primary.host(), primary.port()));
    }

    private void run(List<String> command, String node, Member primary) {
        var filled = command.stream()
                .map(word -> word.replace("{pooler}", name)
                        .replace("{node}", node)
                        .replace("{host}", primary.host())
                        .replace("{port}", Integer.toString(primary.port())))
                .toList();
        Tool.run(filled, config.resumeTimeOut());
    }

    /** Lets the clients of all its databases on. */
    void resume() {
        try (var console = Console.open(config, timeOut)) {
            for (var database : databases) {
                console.resume(database);
            }
        } catch (SQLException failure) {
            throw refused("RESUME", failure);
        }
    }

    private RuntimeException refused(String what, SQLException failure) {
        return new Problem(
                        Kind.COMMAND_FAILED,
                        "Pooler %s at %s refused %s: %s".formatted(name, address(), what, failure.getMessage()),
                        "Look at it with psql, at its log, and at estafet.pgbouncer.%s in the configuration."
                                .formatted(name))
                .raisedBy(failure);
    }
}

package dev.estafet.pgbouncer;

import dev.estafet.EstafetConfig;
import dev.estafet.ProblemException;
import dev.estafet.cluster.Cluster;
import dev.estafet.node.Trouble;
import dev.estafet.node.Troubles;
import dev.estafet.postgres.Await;
import dev.estafet.postgres.LocalConnections;
import jakarta.inject.Singleton;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The PgBouncers of the configuration; what is done to several of them is done to all at the same time. */
@Singleton
public final class Poolers {

    private static final Logger LOG = Logger.getLogger(Poolers.class);

    /** Between two tries of what a pooler refused. */
    private static final Duration PAUSE = Duration.ofMillis(200);

    private static final String TROUBLE = "pooler-not-resumed";

    private final Cluster cluster;
    private final LocalConnections connections;
    private final Pauses pauses;
    private final Troubles troubles;
    private final Map<String, Pooler> poolers = new TreeMap<>();
    /** Whether the operation that they are paused for has tried to resume them, and could not. */
    private volatile boolean due;

    Poolers(EstafetConfig config, Cluster cluster, LocalConnections connections, Pauses pauses, Troubles troubles) {
        this.cluster = cluster;
        this.connections = connections;
        this.pauses = pauses;
        this.troubles = troubles;
        var timeOut = config.probe().timeOut();
        config.pgbouncer().forEach((name, it) -> poolers.put(name, new Pooler(name, it, timeOut)));
    }

    /** Their names, in order. */
    public List<String> names() {
        return List.copyOf(poolers.keySet());
    }

    /** Names of those that have to be told of another primary. */
    public List<String> namingPrimary() {
        return poolers.values().stream()
                .filter(Pooler::namesPrimary)
                .map(Pooler::name)
                .toList();
    }

    /** How they are now, in the order of their names. */
    public List<PoolerState> look() {
        return List.copyOf(
                cluster.onEach(poolers.keySet(), name -> pooler(name).look()).values());
    }

    /**
     * Why, as far as can be seen now, a pooler could not be pointed at another primary, or it could not be seen when its way
     * leads to it; by their names, those without such a reason left out.
     *
     * @param systemIdentifier of the primary that they lead to now
     */
    public Map<String, String> obstacles(List<PoolerState> states, String systemIdentifier) {
        var found = new TreeMap<String, String>();
        for (var state : states) {
            var obstacle = state.namesPrimary() ? pooler(state.name()).obstacle() : unseen(state, systemIdentifier);
            obstacle.ifPresent(why -> found.put(state.name(), why));
        }
        return found;
    }

    private Optional<String> unseen(PoolerState state, String systemIdentifier) {
        return state.databases().stream()
                .filter(it ->
                        !leadsToPrimary(it.host(), it.port(), systemIdentifier).orElse(false))
                .map(it -> "%s:%d, where %s leads to, does not show %s a primary of this cluster."
                        .formatted(it.host(), it.port(), it.name(), cluster.self()))
                .findFirst();
    }

    private Optional<Boolean> leadsToPrimary(@Nullable String host, int port, String systemIdentifier) {
        return host == null || host.startsWith("/")
                ? Optional.empty()
                : connections.isPrimary(host, port, systemIdentifier);
    }

    /**
     * Holds back the clients of these poolers' databases, and returns once the last of their transactions has ended. That they
     * have to be resumed is on disk before.
     *
     * @throws ProblemException of kind {@link dev.estafet.Problem.Kind#TIMED_OUT} where a transaction does not end; some are
     *     paused then, and {@link #resume} is due
     */
    public void pause(String operation, Collection<String> names) {
        due = false;
        pauses.owe(operation, names);
        cluster.onEach(
                names,
                name -> cluster.onEach(pooler(name).databases(), database -> {
                    pooler(name).pause(database);
                    return true;
                }));
    }

    /**
     * Points those that name the primary themselves at this one, waits until the way of the others leads there, and lets their
     * clients on. What has failed at the end of its time-out is still owed, and {@link PoolerWatch} goes on with it.
     *
     * @param insisted those that are tried until their time-out has passed; the others are tried once
     * @return why some are not resumed, by their names
     */
    public Map<String, String> resume(
            String operation, Collection<String> names, Collection<String> insisted, Primary primary) {
        var known = names.stream().filter(poolers::containsKey).toList();
        var failures = new TreeMap<String, String>();
        cluster.onEach(known, name -> {
                    var patience = insisted.contains(name) ? pooler(name).resumeTimeOut() : Duration.ZERO;
                    return resume(pooler(name), patience, primary);
                })
                .forEach((name, failure) -> failure.ifPresent(why -> failures.put(name, why)));
        note(operation, names, failures.keySet());
        due = !failures.isEmpty();
        tell(failures);
        return failures;
    }

    /** A disk that does not take the note keeps nobody waiting: to resume once more does no harm. */
    private void note(String operation, Collection<String> names, Set<String> failed) {
        try {
            if (!failed.isEmpty()) {
                pauses.owe(operation, failed);
            }
            pauses.settle(names.stream().filter(it -> !failed.contains(it)).toList());
        } catch (UncheckedIOException failure) {
            LOG.warnf("%s: which poolers are resumed could not be written down: %s", operation, failure);
        }
    }

    /**
     * The primary that poolers have to lead to.
     *
     * @param node the member
     * @param systemIdentifier its cluster's
     */
    public record Primary(String node, String systemIdentifier) {}

    private Optional<String> resume(Pooler pooler, Duration patience, Primary primary) {
        var deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                pooler.point(primary.node(), cluster.member(primary.node()));
                awaitWay(pooler, deadline, primary);
                pooler.resume();
                return Optional.empty();
            } catch (RuntimeException failure) {
                if (System.nanoTime() > deadline) {
                    return Optional.of(ProblemException.of(failure).detail());
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }

    /** Clients that are let on too early would arrive at nobody, or at a standby; but none is kept waiting for ever. */
    private void awaitWay(Pooler pooler, long deadline, Primary primary) {
        if (pooler.namesPrimary()) {
            return;
        }
        var state = pooler.look();
        for (var database : state.databases()) {
            while (!leadsToPrimary(database.host(), database.port(), primary.systemIdentifier())
                    .orElse(true)) {
                if (System.nanoTime() > deadline) {
                    LOG.warnf(
                            "Pooler %s: the clients of %s are let on, though %s:%d leads to no primary yet",
                            pooler.name(), database.name(), database.host(), database.port());
                    return;
                }
                LockSupport.parkNanos(Await.CALMLY.toNanos());
            }
        }
    }

    private void tell(Map<String, String> failures) {
        if (failures.isEmpty()) {
            troubles.takeBack(TROUBLE);
            return;
        }
        var detail = failures.values().stream().collect(Collectors.joining(" "));
        LOG.warnf("Not resumed yet: %s", detail);
        troubles.tell(new Trouble(
                TROUBLE,
                "Poolers that this node has paused are not resumed yet, and it goes on trying. " + detail,
                "Bring them up, or mend what the detail names; RESUME in their admin console lets the clients on."));
    }

    boolean isDue() {
        return due;
    }

    /** Those whose clients are held back now. */
    List<String> paused() {
        return look().stream()
                .filter(it -> !it.paused().isEmpty())
                .map(PoolerState::name)
                .toList();
    }

    /** Has all of them pointed and resumed by {@link PoolerWatch}, once there is a primary. */
    public void resumeLater(String operation) {
        if (!poolers.isEmpty()) {
            pauses.owe(operation, new ArrayList<>(poolers.keySet()));
        }
    }

    private Pooler pooler(String name) {
        return Optional.ofNullable(poolers.get(name)).orElseThrow();
    }
}

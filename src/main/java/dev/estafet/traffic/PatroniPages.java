package dev.estafet.traffic;

import dev.estafet.EstafetConfig;
import dev.estafet.cluster.Cluster;
import dev.estafet.node.NodeState;
import dev.estafet.node.NodeState.Details;
import dev.estafet.node.Prober;
import dev.estafet.node.Role;
import dev.estafet.postgres.Installation;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Timeline;
import dev.estafet.traffic.PatroniChecks.Kindred;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What Patroni's clients read beside the status codes: the node, the cluster, its history, its configuration. */
@Singleton
final class PatroniPages {

    private static final String UNKNOWN = "unknown";

    private final EstafetConfig config;
    private final Cluster cluster;
    private final Sight sight;
    private final Prober prober;
    private final Routing routing;
    private final PatroniChecks checks;
    private final Installation installation;

    PatroniPages(
            EstafetConfig config,
            Cluster cluster,
            Sight sight,
            Prober prober,
            Routing routing,
            PatroniChecks checks,
            Installation installation) {
        this.config = config;
        this.cluster = cluster;
        this.sight = sight;
        this.prober = prober;
        this.routing = routing;
        this.checks = checks;
        this.installation = installation;
    }

    /** This node, as the body of every check tells it. */
    PatroniStatus status(NodeState state) {
        var unlocked = sight.states().values().stream().noneMatch(this::leads);
        return PatroniStatus.of(state, leads(state), unlocked, kind(state), ownTags(state), config.cluster());
    }

    /** {@code /cluster}: the members by what their services last said. */
    PatroniCluster cluster() {
        return new PatroniCluster(
                sight.states().values().stream().map(this::member).toList(), config.cluster());
    }

    private PatroniCluster.Member member(NodeState state) {
        var address = cluster.member(state.node());
        var standby = state.role() == Role.STANDBY && state.isReadable();
        return new PatroniCluster.Member(
                state.node(),
                memberRole(state),
                memberState(state),
                address.service().resolve("/patroni").toString(),
                address.host(),
                address.port(),
                state.timeline() == null ? null : state.timeline().id(),
                state.drained() ? Map.of("noloadbalance", true) : null,
                Optional.ofNullable(state.details())
                                .filter(Details::pendingRestart)
                                .isPresent()
                        ? true
                        : null,
                text(state.lsn()),
                standby ? lag(state.replayLsn(), state) : null,
                standby ? text(state.lsn()) : null,
                standby ? lag(state.lsn(), state) : null,
                standby ? text(state.replayLsn()) : null,
                standby ? lag(state.replayLsn(), state) : null);
    }

    private String memberRole(NodeState state) {
        if (leads(state)) {
            return "leader";
        }
        return switch (kind(state)) {
            case SYNCHRONOUS -> "sync_standby";
            case QUORUM -> "quorum_standby";
            case ASYNCHRONOUS, UNKNOWN -> "replica";
        };
    }

    private static String memberState(NodeState state) {
        return Objects.requireNonNullElseGet(PatroniStatus.replicationState(state), () -> PatroniStatus.state(state));
    }

    /** A peer is believed what it says of itself: its label. */
    private boolean leads(NodeState state) {
        return state.node().equals(cluster.self()) ? prober.leads() : state.isWritable();
    }

    private Kindred kind(NodeState state) {
        return state.role() == Role.STANDBY && state.isReadable() ? checks.kind(state) : Kindred.UNKNOWN;
    }

    private Object lag(@Nullable Lsn position, NodeState state) {
        var lag = routing.behindPrimary(position, state);
        return lag.isPresent() ? lag.getAsLong() : UNKNOWN;
    }

    private static @Nullable String text(@Nullable Lsn lsn) {
        return lsn == null ? null : lsn.toString();
    }

    private Map<String, Object> ownTags(NodeState state) {
        var tags = new TreeMap<String, Object>(config.traffic().tags());
        if (state.drained()) {
            tags.put("noloadbalance", true);
        }
        return tags;
    }

    /** {@code /history}: each timeline that was left, where, and why, as the server's history file tells it; reads it. */
    List<List<Object>> history() {
        return Optional.ofNullable(prober.current().timeline()).map(this::lines).orElse(List.of()).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .map(line -> line.split("\\s+", 3))
                .filter(words -> words.length == 3)
                .map(words -> List.<Object>of(
                        Long.parseLong(words[0]), Lsn.parse(words[1]).value(), words[2]))
                .toList();
    }

    private List<String> lines(Timeline timeline) {
        var file = installation.data().resolve("pg_wal").resolve(timeline.historyFile());
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** {@code /config}: of Patroni's dynamic configuration, what means something here. */
    Map<String, Object> configuration() {
        return Map.of(
                "loop_wait", config.probe().interval().toSeconds(),
                "maximum_lag_on_failover", config.lag().switchover().asLongValue(),
                "postgresql", Map.of("use_slots", true, "use_pg_rewind", usesRewind()));
    }

    private boolean usesRewind() {
        return switch (config.rejoin()) {
            case OFF, STRAIGHT -> false;
            case REWIND, CLONE -> true;
        };
    }
}

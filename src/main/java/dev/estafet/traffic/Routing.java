package dev.estafet.traffic;

import dev.estafet.EstafetConfig;
import dev.estafet.cluster.Cluster;
import dev.estafet.node.NodeState;
import dev.estafet.node.Role;
import dev.estafet.postgres.ByteSize;
import dev.estafet.postgres.Lsn;
import dev.estafet.traffic.Endpoints.Endpoint;
import dev.estafet.traffic.Endpoints.LeftOut;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Decides who may serve what, from what is in memory. */
@Singleton
final class Routing {

    private final EstafetConfig config;
    private final Cluster cluster;
    private final Sight sight;

    Routing(EstafetConfig config, Cluster cluster, Sight sight) {
        this.config = config;
        this.cluster = cluster;
        this.sight = sight;
    }

    /**
     * What a list of servers for reads is to be like.
     *
     * @param maxLag replay lag in bytes up to which a standby is listed
     * @param minimum how many servers it should have; where fewer standbys are fit, the primary stands in
     * @param fallback whether it may
     */
    record Wanted(long maxLag, int minimum, boolean fallback) {}

    /** As configured. */
    Wanted configured() {
        return new Wanted(
                config.lag().read().asLongValue(),
                config.traffic().minimum(),
                config.traffic().primaryFallback());
    }

    NodeState state(String node) {
        return sight.state(node);
    }

    /** Why this node should not serve reads; nothing where it may. A primary may: it answers with the newest data. */
    Optional<String> whyNotReadable(NodeState state, OptionalLong maxLag) {
        if (!state.isReadable()) {
            return Optional.of("it is unavailable: " + state.reason());
        }
        if (state.drained()) {
            return Optional.of("it is drained for maintenance");
        }
        return state.role() == Role.PRIMARY
                ? Optional.empty()
                : whyNotUpToDate(state, maxLag.orElse(config.lag().read().asLongValue()));
    }

    /** Why this node should not serve what standbys are to serve. */
    Optional<String> whyNoReadStandby(NodeState state, long maxLag) {
        if (state.isWritable()) {
            return Optional.of("it is the primary");
        }
        return state.isReadable() && state.role() == Role.PRIMARY
                ? Optional.of("it is no standby: " + state.reason())
                : whyNotReadable(state, OptionalLong.of(maxLag));
    }

    private static Optional<String> whyNotUpToDate(NodeState state, long limit) {
        var lag = state.lag();
        if (!state.streaming() || lag == null) {
            return Optional.of("it is a standby that does not stream");
        }
        if (lag.bytes() > limit) {
            return Optional.of("its replay is %s behind, %s are allowed"
                    .formatted(ByteSize.format(lag.bytes()), ByteSize.format(limit)));
        }
        return Optional.empty();
    }

    /** The standbys that may serve reads; where they are too few, the primary too, if that is wanted. */
    Endpoints readEndpoints(Wanted wanted) {
        var chosen = new ArrayList<Endpoint>();
        var leftOut = new ArrayList<LeftOut>();
        var states = sight.states().values();
        for (var state : states) {
            whyNoReadStandby(state, wanted.maxLag())
                    .ifPresentOrElse(
                            reason -> leftOut.add(new LeftOut(state.node(), reason)),
                            () -> chosen.add(endpoint(state)));
        }
        var standIns = states.stream()
                .filter(state -> state.isWritable() && !state.drained())
                .toList();
        var fallback = wanted.fallback() && chosen.size() < wanted.minimum() && standIns.size() == 1;
        if (fallback) {
            chosen.add(endpoint(standIns.getFirst()));
            leftOut.removeIf(it -> it.node().equals(standIns.getFirst().node()));
        }
        var stale = sight.isCutOff() && states.stream().noneMatch(NodeState::isWritable);
        return endpoints(stale ? List.of() : chosen, fallback, stale, leftOut);
    }

    /** The node that takes writes; none while roles change hands, or where more than one claims to. */
    Endpoints writeEndpoint() {
        var states = sight.states().values();
        var writable = states.stream().filter(NodeState::isWritable).toList();
        var leftOut = states.stream()
                .filter(state -> writable.size() != 1 || !state.isWritable())
                .map(state -> new LeftOut(
                        state.node(), state.isWritable() ? "more than one node claims to be writable" : state.reason()))
                .toList();
        var stale = writable.isEmpty() && !sight.unseen().isEmpty();
        return endpoints(
                writable.size() == 1 ? List.of(endpoint(writable.getFirst())) : List.of(), false, stale, leftOut);
    }

    /** The running primary by what was last heard; where two claim to be it, the one on the newer timeline. */
    Optional<NodeState> primary() {
        return sight.states().values().stream()
                .filter(state -> state.isReadable() && state.isRunningPrimary())
                .max(Comparator.comparing(NodeState::timeline, Comparator.nullsFirst(Comparator.naturalOrder())));
    }

    /** Bytes of WAL from {@code position} to where the primary was last heard to be, or what the node itself knows of. */
    OptionalLong behindPrimary(@Nullable Lsn position, NodeState standby) {
        return Stream.concat(primary().stream(), Stream.of(standby))
                .map(NodeState::lsn)
                .filter(Objects::nonNull)
                .filter(it -> position != null)
                .mapToLong(lsn -> Math.max(0, lsn.minus(Objects.requireNonNull(position))))
                .max();
    }

    private Endpoints endpoints(List<Endpoint> chosen, boolean fallback, boolean stale, List<LeftOut> leftOut) {
        return new Endpoints(
                config.cluster(), cluster.self(), Instant.now(), chosen, fallback, stale, sight.unseen(), leftOut);
    }

    private Endpoint endpoint(NodeState state) {
        var member = cluster.member(state.node());
        return new Endpoint(state.node(), member.host(), member.port(), state.label(), state.lag());
    }
}

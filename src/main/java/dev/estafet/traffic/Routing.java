package dev.estafet.traffic;

import dev.estafet.EstafetConfig;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
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
    private final ClusterView view;

    Routing(EstafetConfig config, Cluster cluster, ClusterView view) {
        this.config = config;
        this.cluster = cluster;
        this.view = view;
    }

    NodeState state(String node) {
        cluster.member(node);
        return view.state(node);
    }

    String self() {
        return cluster.self();
    }

    /** Why this node should not serve reads; nothing where it may. A primary may: it answers with the newest data. */
    Optional<String> whyNotReadable(NodeState state, OptionalLong maxLag) {
        if (!state.isReadable()) {
            return Optional.of("it is unavailable: " + state.reason());
        }
        if (state.drained()) {
            return Optional.of("it is drained for maintenance");
        }
        return state.role() == Role.PRIMARY ? Optional.empty() : whyNotUpToDate(state, maxLag);
    }

    private Optional<String> whyNotUpToDate(NodeState state, OptionalLong maxLag) {
        var lag = state.lag();
        var limit = maxLag.orElse(config.lag().read().asLongValue());
        if (!state.streaming() || lag == null) {
            return Optional.of("it is a standby that does not stream");
        }
        if (lag.bytes() > limit) {
            return Optional.of("its replay is %s behind, %s are allowed"
                    .formatted(ByteSize.format(lag.bytes()), ByteSize.format(limit)));
        }
        return Optional.empty();
    }

    /** The standbys that may serve reads; where there are none, the primary, if that is configured. */
    Endpoints readEndpoints(OptionalLong maxLag) {
        var chosen = new ArrayList<Endpoint>();
        var leftOut = new ArrayList<LeftOut>();
        for (var state : view.states().values()) {
            var why = state.isWritable() ? Optional.of("it is the primary") : whyNotReadable(state, maxLag);
            why.ifPresentOrElse(
                    reason -> leftOut.add(new LeftOut(state.node(), reason)), () -> chosen.add(endpoint(state)));
        }
        var fallback = chosen.isEmpty() && config.traffic().primaryFallback();
        if (fallback) {
            writable().forEach(state -> {
                chosen.add(endpoint(state));
                leftOut.removeIf(it -> it.node().equals(state.node()));
            });
        }
        return endpoints(chosen, fallback && !chosen.isEmpty(), leftOut);
    }

    /** The node that takes writes; none while roles change hands, or where more than one claims to. */
    Endpoints writeEndpoint() {
        var writable = writable();
        var leftOut = view.states().values().stream()
                .filter(state -> writable.size() != 1 || !state.isWritable())
                .map(state -> new LeftOut(
                        state.node(), state.isWritable() ? "more than one node claims to be writable" : state.reason()))
                .toList();
        return endpoints(writable.size() == 1 ? List.of(endpoint(writable.getFirst())) : List.of(), false, leftOut);
    }

    /** The running primary by what was last heard; where two claim to be it, the one on the newer timeline. */
    Optional<NodeState> primary() {
        return view.states().values().stream()
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

    private List<NodeState> writable() {
        return view.states().values().stream().filter(NodeState::isWritable).toList();
    }

    private Endpoints endpoints(List<Endpoint> chosen, boolean fallback, List<LeftOut> leftOut) {
        return new Endpoints(config.cluster(), cluster.self(), Instant.now(), chosen, fallback, leftOut);
    }

    private Endpoint endpoint(NodeState state) {
        var member = cluster.member(state.node());
        return new Endpoint(state.node(), member.host(), member.port(), state.label(), state.lag());
    }
}

package dev.estafet.traffic;

import dev.estafet.EstafetConfig;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.node.NodeState;
import dev.estafet.node.Prober;
import dev.estafet.node.Role;
import dev.estafet.postgres.ByteSize;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Answers Patroni's checks as Patroni does ({@code patroni/api.py}, {@code do_GET}), from memory. Where Patroni says "holds
 * the leader's lock", here it is: runs as primary, and neither a demotion nor a primary on a newer timeline has taken that
 * from it.
 */
@Singleton
final class PatroniChecks {

    private static final String TAG = "tag_";

    private final EstafetConfig config;
    private final Prober prober;
    private final Routing routing;

    PatroniChecks(EstafetConfig config, Prober prober, Routing routing) {
        this.config = config;
        this.prober = prober;
        this.routing = routing;
    }

    /**
     * Whether this node passes.
     *
     * @param query the request's parameters: {@code lag}, {@code replication_state} and {@code tag_NAME} are understood
     * @throws dev.estafet.ProblemException if {@code lag} is no size
     */
    boolean passes(PatroniCheck check, Map<String, String> query) {
        return passes(check, prober.current(), query) && (!check.heedsTags() || hasTags(query));
    }

    private boolean passes(PatroniCheck check, NodeState state, Map<String, String> query) {
        return switch (check) {
            case PRIMARY, LEADER -> prober.leads();
            case STANDBY_LEADER -> false;
            case REPLICA -> isReplica(state, query);
            case READ_ONLY -> prober.leads() || isReplica(state, query);
            case SYNCHRONOUS -> isReplica(state, query) && kind(state) == Kindred.SYNCHRONOUS;
            case QUORUM -> isReplica(state, query) && kind(state) == Kindred.QUORUM;
            case ASYNCHRONOUS -> isReplica(state, query) && kind(state) == Kindred.ASYNCHRONOUS;
            case READ_ONLY_SYNCHRONOUS ->
                prober.leads() || (isReplica(state, query) && kind(state) == Kindred.SYNCHRONOUS);
            case READ_ONLY_QUORUM -> prober.leads() || (isReplica(state, query) && kind(state) == Kindred.QUORUM);
            case HEALTH -> state.isReadable();
            case ANY -> true;
        };
    }

    private boolean isReplica(NodeState state, Map<String, String> query) {
        var limit = limit(query, "lag");
        var wanted = query.get("replication_state");
        return state.isReadable()
                && state.role() == Role.STANDBY
                && !state.drained()
                && (wanted == null || wanted.equals(PatroniStatus.replicationState(state)))
                && (limit.isEmpty() || isWithin(limit.getAsLong(), routing.behindPrimary(state.replayLsn(), state)));
    }

    private static boolean isWithin(long limit, OptionalLong lag) {
        return lag.isPresent() && lag.getAsLong() <= limit;
    }

    private boolean hasTags(Map<String, String> query) {
        var tags = config.traffic().tags();
        return query.entrySet().stream()
                .filter(it -> it.getKey().startsWith(TAG))
                .allMatch(it ->
                        it.getValue().equalsIgnoreCase(tags.get(it.getKey().substring(TAG.length()))));
    }

    /**
     * Patroni's {@code /readiness}: the primary, or a standby that streams and is not further behind than {@code lag}, by
     * what it has replayed ({@code mode=apply}) or received ({@code mode=write}).
     */
    boolean isReady(Map<String, String> query) {
        var limit = limit(query, "lag").orElse(config.lag().switchover().asLongValue());
        var writes = isWriteMode(query.get("mode"));
        var state = prober.current();
        if (prober.leads()) {
            return true;
        }
        return state.isReadable()
                && state.role() == Role.STANDBY
                && state.streaming()
                && isWithin(limit, routing.behindPrimary(writes ? state.lsn() : state.replayLsn(), state));
    }

    private static boolean isWriteMode(@Nullable String mode) {
        return switch (Objects.requireNonNullElse(mode, "apply")) {
            case "apply" -> false;
            case "write" -> true;
            default ->
                throw new Problem(Kind.INVALID_REQUEST, "mode: %s is not known.".formatted(mode), "Use apply or write.")
                        .raised();
        };
    }

    /** Whether the service's own loop runs. */
    boolean isAlive() {
        return prober.isAlive();
    }

    /** How the primary waits for a standby. */
    enum Kindred {
        SYNCHRONOUS,
        QUORUM,
        ASYNCHRONOUS,
        /** There is no primary to ask, or it does not know the standby. */
        UNKNOWN
    }

    /** Of which kind this standby is, by what the primary last said. */
    Kindred kind(NodeState state) {
        return routing.primary()
                .map(NodeState::details)
                .flatMap(it -> Optional.ofNullable(it.synchronousStates()))
                .flatMap(states -> Optional.ofNullable(states.get(state.node())))
                .map(word -> switch (word) {
                    case "sync" -> Kindred.SYNCHRONOUS;
                    case "quorum" -> Kindred.QUORUM;
                    default -> Kindred.ASYNCHRONOUS;
                })
                .orElse(Kindred.UNKNOWN);
    }

    private static OptionalLong limit(Map<String, String> query, String parameter) {
        var text = query.get(parameter);
        return text == null ? OptionalLong.empty() : OptionalLong.of(ByteSize.inRequest(parameter, text));
    }
}

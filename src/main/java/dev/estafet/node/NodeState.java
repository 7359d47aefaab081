package dev.estafet.node;

import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.PgControlData;
import dev.estafet.postgres.ServerVersion;
import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A node as its own service saw it at the last probe.
 *
 * @param node the member's name
 * @param label what it may be used for
 * @param reason why it has this label, a sentence
 * @param role its part in replication
 * @param state in PostgreSQL's words: {@code streaming}, {@code in archive recovery}, {@code in production}, {@code shut
 *     down} and the like
 * @param systemIdentifier the cluster's identity, the same on every member
 * @param timeline the history it writes or replays
 * @param lsn primary: written up to here; standby: received or replayed up to here
 * @param replayLsn standby: replayed up to here
 * @param lag standby: how far behind
 * @param streaming standby: whether WAL comes in over a connection now
 * @param upstream standby: {@code host:port} it streams from
 * @param replayPaused standby: whether replay was paused by {@code pg_wal_replay_pause()}
 * @param version of the running server
 * @param operation the operation that this node is enlisted in
 * @param observedAt when the probe looked, by this node's clock
 * @param drained whether a person keeps new reads away from it, for maintenance
 * @param details what only some ask for; absent where the server did not answer
 */
@RegisterForReflection
public record NodeState(
        String node,
        Label label,
        String reason,
        Role role,
        String state,
        @Nullable String systemIdentifier,
        @Nullable Timeline timeline,
        @Nullable Lsn lsn,
        @Nullable Lsn replayLsn,
        @Nullable Lag lag,
        boolean streaming,
        @Nullable String upstream,
        boolean replayPaused,
        @Nullable ServerVersion version,
        @Nullable String operation,
        Instant observedAt,
        boolean drained,
        @Nullable Details details) {

    /** Of a node that is not drained, without details. */
    public NodeState(
            String node,
            Label label,
            String reason,
            Role role,
            String state,
            @Nullable String systemIdentifier,
            @Nullable Timeline timeline,
            @Nullable Lsn lsn,
            @Nullable Lsn replayLsn,
            @Nullable Lag lag,
            boolean streaming,
            @Nullable String upstream,
            boolean replayPaused,
            @Nullable ServerVersion version,
            @Nullable String operation,
            Instant observedAt) {
        this(
                node,
                label,
                reason,
                role,
                state,
                systemIdentifier,
                timeline,
                lsn,
                replayLsn,
                lag,
                streaming,
                upstream,
                replayPaused,
                version,
                operation,
                observedAt,
                false,
                null);
    }

    /**
     * What Patroni's clients read of a running server.
     *
     * @param startedAt when its postmaster started
     * @param replayedAt standby: when the last replayed transaction was committed on the primary
     * @param synchronousStates primary: of each connected standby, {@code sync}, {@code quorum}, {@code potential} or
     *     {@code async}, by its {@code application_name}
     * @param pendingRestart whether settings wait for a restart
     */
    @RegisterForReflection
    public record Details(
            Instant startedAt,
            @Nullable Instant replayedAt,
            @Nullable Map<String, String> synchronousStates,
            boolean pendingRestart) {

        Details withPendingRestart(boolean waits) {
            return new Details(startedAt, replayedAt, synchronousStates, waits);
        }
    }

    /** A node that answers nothing; what its files tell of it may be known all the same. */
    public static NodeState unavailable(
            String node,
            String reason,
            Role role,
            String state,
            @Nullable PgControlData control,
            @Nullable String operation) {
        return new NodeState(
                node,
                Label.UNAVAILABLE,
                reason,
                role,
                state,
                control == null ? null : control.systemIdentifier(),
                control == null ? null : control.timeline(),
                null,
                null,
                null,
                false,
                null,
                false,
                null,
                operation,
                Instant.now());
    }

    /** The same observation of a node that is drained, or not any more. */
    NodeState drained(boolean now) {
        return new NodeState(
                node,
                label,
                reason,
                role,
                state,
                systemIdentifier,
                timeline,
                lsn,
                replayLsn,
                lag,
                streaming,
                upstream,
                replayPaused,
                version,
                operation,
                observedAt,
                now,
                details);
    }

    public boolean isWritable() {
        return label == Label.WRITABLE;
    }

    public boolean isReadable() {
        return label != Label.UNAVAILABLE;
    }

    /** Whether the server answers and is a primary, whatever its label. */
    public boolean isRunningPrimary() {
        return role == Role.PRIMARY && version != null;
    }

    /** The same observation, under another label from now on. */
    public NodeState labelled(Label other, String why) {
        return new NodeState(
                node,
                other,
                why,
                role,
                state,
                systemIdentifier,
                timeline,
                lsn,
                replayLsn,
                lag,
                streaming,
                upstream,
                replayPaused,
                version,
                operation,
                Instant.now(),
                drained,
                details);
    }
}

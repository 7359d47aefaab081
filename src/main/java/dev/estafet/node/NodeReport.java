package dev.estafet.node;

import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Slot;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Everything that status and preflight ask of a node.
 *
 * @param state a probe made for this report
 * @param server what the running server tells of itself; absent where it does not answer
 * @param troubles what the node has noticed of itself
 * @param lastPrimary the primary as this node saw it last
 */
@RegisterForReflection
public record NodeReport(
        NodeState state,
        @Nullable Server server,
        @Nullable List<Trouble> troubles,
        @Nullable LastPrimary lastPrimary) {

    /** Of a node that has noticed nothing of itself. */
    public NodeReport(NodeState state, @Nullable Server server) {
        this(state, server, null);
    }

    /** Of a node that has never seen a primary. */
    public NodeReport(NodeState state, @Nullable Server server, @Nullable List<Trouble> troubles) {
        this(state, server, troubles, null);
    }

    /** What the node has noticed of itself; services of an older version say nothing. */
    @Override
    public List<Trouble> troubles() {
        return troubles == null ? List.of() : troubles;
    }

    /** What the running server tells of itself. */
    public Optional<Server> running() {
        return Optional.ofNullable(server);
    }

    /**
     * A running server.
     *
     * @param startedAt when its postmaster started
     * @param settings of the parameters that matter here, in their base unit, by name
     * @param pendingRestart parameters whose change waits for a restart
     * @param slots its replication slots
     * @param senders its connected standbys and base backups
     * @param archiver how archiving goes; absent where it is off
     * @param preparedTransactions that wait for their second phase
     * @param longTransactions client transactions older than a minute
     * @param baseBackups running from it
     * @param collationVersions of the libraries it runs with, by provider
     * @param upstreamSlot the slot from which it streams
     * @param lastCheckpoint of a primary; absent where a service is of an older version
     */
    @RegisterForReflection
    public record Server(
            Instant startedAt,
            Map<String, String> settings,
            List<String> pendingRestart,
            List<SlotState> slots,
            List<Sender> senders,
            @Nullable Archiver archiver,
            int preparedTransactions,
            List<LongTransaction> longTransactions,
            int baseBackups,
            Map<String, String> collationVersions,
            @Nullable String upstreamSlot,
            @Nullable LastCheckpoint lastCheckpoint) {

        /** A setting's value, or the empty string where this version of PostgreSQL does not have it. */
        public String setting(String name) {
            return settings.getOrDefault(name, "");
        }

        public long number(String name) {
            return settings.containsKey(name) ? Long.parseLong(setting(name)) : 0;
        }

        public boolean isOn(String name) {
            return setting(name).equals("on");
        }

        /**
         * About what a checkpoint taken now would write: as much as WAL was written since the last one, for the first change
         * of a page is logged with the whole page (manual, {@code full_page_writes}); but no more than is kept in memory.
         */
        public long dirtyBytes() {
            return lastCheckpoint == null
                    ? 0
                    : Math.min(lastCheckpoint.walBytes(), number("shared_buffers") * number("block_size"));
        }

        /** The slot of that name, if it has it. */
        public Optional<SlotState> slot(Slot slot) {
            return slots.stream().filter(it -> it.name().equals(slot.name())).findFirst();
        }
    }

    /**
     * A primary's last checkpoint, by {@code pg_control_checkpoint()}.
     *
     * @param seconds since it began
     * @param walBytes that were written since then
     */
    @RegisterForReflection
    public record LastCheckpoint(long seconds, long walBytes) {}

    /**
     * A replication slot.
     */
    @RegisterForReflection
    @Schema(name = "ReplicationSlot", description = "A replication slot, as in pg_replication_slots.")
    public record SlotState(
            @Schema(description = "Its name.", examples = "estafet_pg2")
            String name,

            @Schema(description = "physical or logical.", examples = "physical")
            String type,

            @Schema(description = "Whether somebody streams from it now.")
            boolean active,

            @Schema(description = "The WAL sender that uses it.", examples = "32487") @Nullable
            Integer activePid,

            @Schema(description = "The oldest WAL that its consumer may still want.") @Nullable
            Lsn restartLsn,

            @Schema(description = "Bytes of WAL that the server keeps for it.", examples = "0") @Nullable
            Long retainedBytes,

            @Schema(description = "Whether that WAL is still there: reserved, extended, unreserved or lost.") @Nullable
            String walStatus,

            @Schema(description = "17 and newer: whether it is to be kept over a failover.") @Nullable
            Boolean failover,

            @Schema(
                    description =
                            "17 and newer: whether it is a standby's copy of the primary's slot, ready to take over.")
            @Nullable
            Boolean synced) {

        public boolean isLogical() {
            return type.equals("logical");
        }

        /** Its WAL was given up by {@code max_slot_wal_keep_size}, so nobody can stream from it any more. */
        public boolean isLost() {
            return "lost".equals(walStatus);
        }
    }

    /** A WAL sender. */
    @RegisterForReflection
    @Schema(name = "WalSender", description = "A connected standby or base backup, as in pg_stat_replication.")
    public record Sender(
            @Schema(description = "Process id of the WAL sender.", examples = "32487")
            int pid,

            @Schema(description = "Of a member, its name.", examples = "pg2")
            String applicationName,

            @Schema(description = "Absent over a Unix socket.", examples = "10.0.0.2") @Nullable
            String clientAddress,

            @Schema(description = "startup, catchup, streaming, backup or stopping.", examples = "streaming")
            String state,

            @Schema(description = "Sent up to here.") @Nullable
            Lsn sentLsn,

            @Schema(description = "On the standby's disk up to here.") @Nullable
            Lsn flushLsn,

            @Schema(description = "Replayed by the standby up to here.") @Nullable
            Lsn replayLsn,

            @Schema(description = "async, potential, sync or quorum.", examples = "async")
            String syncState) {}

    /** WAL archiving. */
    @RegisterForReflection
    @Schema(description = "How WAL archiving goes, by pg_stat_archiver.")
    public record Archiver(
            @Schema(description = "WAL files that wait to be archived.", examples = "0")
            int waiting,

            @Schema(description = "Whether the last attempt failed.")
            boolean failing,

            @Schema(description = "The file with which the last failed attempt was made.") @Nullable
            String lastFailedFile,

            @Schema(description = "When a file was last archived.") @Nullable
            Instant lastArchivedAt) {}

    /** A client's transaction that has been open for long; the switchover ends it. */
    @RegisterForReflection
    public record LongTransaction(int pid, @Nullable String applicationName, long seconds) {}
}

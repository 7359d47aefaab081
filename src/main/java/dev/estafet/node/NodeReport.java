package dev.estafet.node;

import dev.estafet.postgres.Lsn;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything that status and preflight ask of a node.
 *
 * @param state a probe made for this report
 * @param server what the running server tells of itself; absent where it does not answer
 */
@RegisterForReflection
public record NodeReport(NodeState state, @Nullable Server server) {

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
            @Nullable String upstreamSlot) {

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
    }

    /**
     * A replication slot, as in {@code pg_replication_slots}.
     *
     * @param retainedBytes of WAL that the server keeps for it
     * @param failover 17 and newer: whether it is to be kept over a failover
     * @param synced 17 and newer: whether it is a standby's copy of the primary's slot
     */
    @RegisterForReflection
    public record SlotState(
            String name,
            String type,
            boolean active,
            @Nullable Integer activePid,
            @Nullable Lsn restartLsn,
            @Nullable Long retainedBytes,
            @Nullable String walStatus,
            @Nullable Boolean failover,
            @Nullable Boolean synced) {

        public boolean isLogical() {
            return type.equals("logical");
        }
    }

    /** A WAL sender, as in {@code pg_stat_replication}. */
    @RegisterForReflection
    public record Sender(
            int pid,
            String applicationName,
            @Nullable String clientAddress,
            String state,
            @Nullable Lsn sentLsn,
            @Nullable Lsn flushLsn,
            @Nullable Lsn replayLsn,
            String syncState) {}

    /**
     * How WAL archiving goes, by {@code pg_stat_archiver}.
     *
     * @param waiting WAL files that wait to be archived
     * @param failing whether the last attempt failed
     */
    @RegisterForReflection
    public record Archiver(
            int waiting,
            boolean failing,
            @Nullable String lastFailedFile,
            @Nullable Instant lastArchivedAt) {}

    /** A client's transaction that has been open for long; the switchover ends it. */
    @RegisterForReflection
    public record LongTransaction(int pid, @Nullable String applicationName, long seconds) {}
}

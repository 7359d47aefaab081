package dev.estafet.traffic;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.estafet.node.NodeState;
import dev.estafet.node.NodeState.Details;
import dev.estafet.node.Role;
import dev.estafet.postgres.Lsn;
import dev.estafet.traffic.PatroniChecks.Kindred;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A node in Patroni's words: the body of {@code /patroni} and of the checks. Members that do not apply are left out. */
@RegisterForReflection
record PatroniStatus(
        String state,
        String role,
        @JsonProperty("postmaster_start_time") @Nullable String postmasterStartTime,
        @JsonProperty("server_version") @Nullable Integer serverVersion,
        @Nullable Xlog xlog,
        @Nullable Integer timeline,
        @JsonProperty("replication_state") @Nullable String replicationState,
        @JsonProperty("sync_standby") @Nullable Boolean syncStandby,
        @JsonProperty("quorum_standby") @Nullable Boolean quorumStandby,
        @JsonProperty("pending_restart") @Nullable Boolean pendingRestart,
        @JsonProperty("cluster_unlocked") @Nullable Boolean clusterUnlocked,
        @Nullable Map<String, Object> tags,

        @JsonProperty("database_system_identifier") @Nullable
        String databaseSystemIdentifier,

        Version patroni) {

    /** The version of Patroni whose REST API is spoken here. */
    static final String VERSION = "4.1.0";

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSSxxx").withZone(ZoneOffset.UTC);

    /** Positions in the write-ahead log, as plain numbers. */
    @RegisterForReflection
    record Xlog(
            @Nullable Long location,
            @JsonProperty("received_location") @Nullable Long receivedLocation,
            @JsonProperty("replayed_location") @Nullable Long replayedLocation,
            @JsonProperty("replayed_timestamp") @Nullable String replayedTimestamp,
            @Nullable Boolean paused) {}

    /** Who answers. */
    @RegisterForReflection
    record Version(String version, String scope, String name) {}

    /**
     * @param leads whether the node is the primary and may remain so
     * @param unlocked whether nobody is
     */
    static PatroniStatus of(
            NodeState node, boolean leads, boolean unlocked, Kindred kind, Map<String, Object> tags, String scope) {
        var details = Optional.ofNullable(node.details()).filter(it -> node.isReadable());
        return new PatroniStatus(
                state(node),
                role(node, leads),
                details.map(Details::startedAt).map(TIME::format).orElse(null),
                node.version() == null ? null : node.version().number(),
                node.isReadable() ? xlog(node) : null,
                node.timeline() == null ? null : node.timeline().id(),
                replicationState(node),
                kind == Kindred.SYNCHRONOUS ? true : null,
                kind == Kindred.QUORUM ? true : null,
                details.filter(Details::pendingRestart).map(it -> true).orElse(null),
                unlocked ? true : null,
                tags.isEmpty() ? null : tags,
                node.systemIdentifier(),
                new Version(VERSION, scope, node.node()));
    }

    /** Patroni's word for how the server is; of one that does not answer, by its control file. */
    static String state(NodeState node) {
        if (node.isReadable()) {
            return "running";
        }
        return switch (node.state()) {
            case "shut down", "shut down in recovery", "no data" -> "stopped";
            case "shutting down" -> "stopping";
            case "unknown" -> "unknown";
            default -> "crashed";
        };
    }

    /** A primary that may not be one any more is {@code demoted}, and never {@code primary}. */
    static String role(NodeState node, boolean leads) {
        if (leads) {
            return "primary";
        }
        return node.role() == Role.PRIMARY ? "demoted" : "replica";
    }

    static @Nullable String replicationState(NodeState node) {
        if (!node.isReadable() || node.role() != Role.STANDBY) {
            return null;
        }
        return node.streaming() ? "streaming" : "in archive recovery";
    }

    private static Xlog xlog(NodeState node) {
        if (node.role() == Role.PRIMARY) {
            return new Xlog(number(node.lsn()), null, null, null, null);
        }
        var replayedAt = Optional.ofNullable(node.details()).map(Details::replayedAt);
        return new Xlog(
                null,
                number(node.lsn()),
                number(node.replayLsn()),
                replayedAt.map(PatroniStatus::time).orElse(null),
                node.replayPaused());
    }

    private static String time(Instant instant) {
        return TIME.format(instant);
    }

    private static @Nullable Long number(@Nullable Lsn lsn) {
        return lsn == null ? null : lsn.value();
    }
}

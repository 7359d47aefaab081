package dev.estafet.api;

import dev.estafet.EstafetConfig.Member;
import dev.estafet.node.Label;
import dev.estafet.node.Lag;
import dev.estafet.node.NodeReport;
import dev.estafet.node.NodeReport.Archiver;
import dev.estafet.node.NodeReport.Sender;
import dev.estafet.node.NodeReport.Server;
import dev.estafet.node.NodeReport.SlotState;
import dev.estafet.node.Role;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** One member in {@link Status}. */
@RegisterForReflection
@Schema(description = "One member: its own service's word, or that this does not answer.")
public record NodeStatus(
        @Schema(description = "The member's name.", examples = "pg1")
        String name,

        @Schema(description = "Where its PostgreSQL listens.", examples = "10.0.0.1")
        String host,

        @Schema(description = "And at which port.", examples = "5432")
        int port,

        @Schema(description = "Whether its service answers.", examples = "reachable")
        String service,

        @Schema(description = "What it may be used for.") Label label,
        @Schema(description = "Why it has this label.") String reason,
        @Schema(description = "Its part in replication.") Role role,

        @Schema(description = "In PostgreSQL's words.", examples = "streaming")
        String state,

        @Schema(description = "The timeline that it writes or replays.") @Nullable
        Timeline timeline,

        @Schema(description = "Primary: written up to here. Standby: received or replayed up to here.") @Nullable
        Lsn lsn,

        @Schema(description = "Standby: replayed up to here.") @Nullable
        Lsn replayLsn,

        @Schema(description = "Standby: replay lag.") @Nullable
        Lag lag,

        @Schema(description = "Standby: the host:port it streams from.") @Nullable
        String upstream,

        @Schema(description = "Standby: whether replay is paused.")
        boolean replayPaused,

        @Schema(description = "PostgreSQL's version.", examples = "15.18") @Nullable
        String version,

        @Schema(
                description = "PostgreSQL's identity of the cluster, the same on every member.",
                examples = "7711119761779272937")
        @Nullable
        String systemIdentifier,

        @Schema(description = "When its server started.") @Nullable
        Instant startedAt,

        @Schema(description = "Its replication slots.") @Nullable
        List<SlotState> slots,

        @Schema(description = "The standbys and base backups connected to it.") @Nullable
        List<Sender> senders,

        @Schema(description = "How WAL archiving goes; absent where it is off.") @Nullable
        Archiver archiver,

        @Schema(description = "Settings that wait for a restart.") @Nullable
        List<String> pendingRestart,

        @Schema(description = "The operation that it is enlisted in.") @Nullable
        String operation,

        @Schema(description = "When it was looked at, by its own clock.")
        Instant observedAt) {

    static NodeStatus of(Member member, boolean reachable, NodeReport report) {
        var state = report.state();
        var server = report.running();
        return new NodeStatus(
                state.node(),
                member.host(),
                member.port(),
                reachable ? "reachable" : "unreachable",
                state.label(),
                state.reason(),
                state.role(),
                state.state(),
                state.timeline(),
                state.lsn(),
                state.replayLsn(),
                state.lag(),
                state.upstream(),
                state.replayPaused(),
                state.version() == null ? null : state.version().toString(),
                state.systemIdentifier(),
                server.map(Server::startedAt).orElse(null),
                server.map(Server::slots).orElse(null),
                server.map(Server::senders).orElse(null),
                server.map(Server::archiver).orElse(null),
                server.map(Server::pendingRestart).orElse(null),
                state.operation(),
                state.observedAt());
    }
}

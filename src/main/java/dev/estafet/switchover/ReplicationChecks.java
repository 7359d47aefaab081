package dev.estafet.switchover;

import static dev.estafet.operation.Check.failure;
import static dev.estafet.operation.Check.pass;
import static dev.estafet.operation.Check.warning;

import dev.estafet.operation.Check;
import dev.estafet.postgres.ByteSize;
import dev.estafet.postgres.ServerVersion;
import java.util.List;
import java.util.Objects;

/** Does the candidate hold, and will it hold, all that the primary has? */
final class ReplicationChecks {

    private static final List<String> RECOVERY_TARGETS = List.of(
            "recovery_target",
            "recovery_target_lsn",
            "recovery_target_name",
            "recovery_target_time",
            "recovery_target_xid");

    private final Situation situation;

    ReplicationChecks(Situation situation) {
        this.situation = situation;
    }

    List<Check> all() {
        return List.of(
                version(),
                systemIdentifier(),
                timeline(),
                attached(),
                replayNotPaused(),
                noDelay(),
                lag(),
                noRecoveryTarget(),
                rewindable());
    }

    private Check version() {
        var primary = situation.versionOf(situation.primary());
        if (primary.major() < ServerVersion.OLDEST_MAJOR) {
            return failure(
                    "version",
                    "PostgreSQL %s is too old.".formatted(primary),
                    "Upgrade to %d or newer.".formatted(ServerVersion.OLDEST_MAJOR));
        }
        for (var name : situation.present()) {
            var version = situation.versionOf(name);
            if (version.major() != primary.major()) {
                return failure(
                        "version",
                        "%s runs PostgreSQL %s, the primary %s.".formatted(name, version, primary),
                        "Physical replication works only within one major version.");
            }
            if (version.minor() != primary.minor()) {
                return warning(
                        "version",
                        "%s runs PostgreSQL %s, the primary %s.".formatted(name, version, primary),
                        "Bring all nodes to the same minor version, standbys first.");
            }
        }
        return pass("version", "All run PostgreSQL %s.".formatted(primary));
    }

    private Check systemIdentifier() {
        var primary = Objects.requireNonNull(situation.primaryState().systemIdentifier());
        return situation.present().stream()
                .filter(name -> !primary.equals(situation.state(name).systemIdentifier()))
                .<Check>map(name -> failure(
                        "system-identifier",
                        "%s holds another database cluster: its system identifier is %s, the primary's %s."
                                .formatted(name, situation.state(name).systemIdentifier(), primary),
                        "Make a standby of it with POST /setup and replaceData."))
                .findFirst()
                .orElseGet(() -> pass("system-identifier", "All have " + primary + "."));
    }

    private Check timeline() {
        var primary = Objects.requireNonNull(situation.primaryState().timeline());
        var candidate = situation.candidateState().timeline();
        return primary.equals(candidate)
                ? pass("timeline", "Both are on timeline %s.".formatted(primary))
                : failure(
                        "timeline",
                        "The candidate is on timeline %s, the primary on %s.".formatted(candidate, primary),
                        "Let it follow the primary until it has caught up.");
    }

    private Check attached() {
        var state = situation.candidateState();
        if (!state.streaming()) {
            return failure(
                    "streams-from-primary",
                    "%s does not stream: %s.".formatted(situation.candidate(), state.reason()),
                    "Look into its log; check primary_conninfo, the slot and pg_hba.conf on the primary.");
        }
        var primary = situation.primaryServer();
        var slot = situation.candidateServer().upstreamSlot();
        var known = Objects.equals(state.upstream(), situation.addresses().get(situation.primary()))
                || primary.slots().stream()
                        .anyMatch(it -> it.active() && it.name().equals(slot))
                || primary.senders().stream()
                        .anyMatch(it -> it.applicationName().equals(situation.candidate()));
        return known
                ? pass("streams-from-primary", "%s streams from the primary.".formatted(situation.candidate()))
                : failure(
                        "streams-from-primary",
                        "%s streams from %s, not from the primary at %s."
                                .formatted(
                                        situation.candidate(),
                                        state.upstream(),
                                        situation.addresses().get(situation.primary())),
                        "A cascaded standby must follow the primary itself before it can take over.");
    }

    private Check replayNotPaused() {
        return situation.candidateState().replayPaused()
                ? failure(
                        "replay-not-paused",
                        "Replay is paused on %s.".formatted(situation.candidate()),
                        "Run select pg_wal_replay_resume() there.")
                : pass("replay-not-paused", "Replay goes on.");
    }

    private Check noDelay() {
        var delay = situation.candidateServer().setting("recovery_min_apply_delay");
        return delay.equals("0")
                ? pass("no-replay-delay", "Replay is not delayed.")
                : failure(
                        "no-replay-delay",
                        "recovery_min_apply_delay is %s ms on %s.".formatted(delay, situation.candidate()),
                        "Set it to 0 there, or choose another candidate.");
    }

    private Check lag() {
        var lsn = situation.candidateState().replayLsn();
        var end = situation.primaryState().lsn();
        if (lsn == null || end == null) {
            return failure("lag", "The lag is not known.", "Look at GET /status.");
        }
        var bytes = Math.max(0, end.minus(lsn));
        return bytes <= situation.maxLagBytes()
                ? pass("lag", "Replay is %s behind.".formatted(ByteSize.format(bytes)))
                : failure(
                        "lag",
                        "Replay on %s is %s behind, %s are allowed."
                                .formatted(
                                        situation.candidate(),
                                        ByteSize.format(bytes),
                                        ByteSize.format(situation.maxLagBytes())),
                        "Wait until it has caught up, or allow more with maxLag: the write downtime grows by the time it"
                                + " takes to replay that.");
    }

    private Check noRecoveryTarget() {
        var set = RECOVERY_TARGETS.stream()
                .filter(name -> !situation.candidateServer().setting(name).isEmpty())
                .toList();
        return set.isEmpty()
                ? pass("no-recovery-target", "Recovery has no target.")
                : failure(
                        "no-recovery-target",
                        "%s is set on %s.".formatted(String.join(", ", set), situation.candidate()),
                        "Reset it: a standby must replay all there is.");
    }

    private Check rewindable() {
        var primary = situation.primaryServer();
        return primary.isOn("data_checksums") || primary.isOn("wal_log_hints")
                ? pass("rewindable", "pg_rewind could be used should histories ever fork.")
                : warning(
                        "rewindable",
                        "Neither data checksums nor wal_log_hints are on.",
                        "Turn wal_log_hints on: a primary that is lost one day can then rejoin without a full copy.");
    }
}

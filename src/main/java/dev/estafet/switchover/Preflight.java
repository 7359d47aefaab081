package dev.estafet.switchover;

import static dev.estafet.operation.Check.failure;
import static dev.estafet.operation.Check.pass;
import static dev.estafet.operation.Check.warning;

import dev.estafet.Problem.Kind;
import dev.estafet.node.NodeReport.Archiver;
import dev.estafet.node.NodeReport.Server;
import dev.estafet.node.NodeReport.SlotState;
import dev.estafet.node.NodeState;
import dev.estafet.node.Role;
import dev.estafet.operation.Check;
import dev.estafet.postgres.ByteSize;
import dev.estafet.postgres.ServerVersion;
import dev.estafet.postgres.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * May the roles change hands now? Each check looks at one thing and says what it found; all are made, so that the caller
 * sees every reason at once. Only where it is not clear who the primary is, or a server does not answer, the rest cannot be
 * asked.
 */
final class Preflight {

    /** Parameters that a standby must have at least as high as its primary (manual, section 26.4.3). */
    private static final List<String> NOT_LOWER_ON_STANDBY = List.of(
            "max_connections",
            "max_worker_processes",
            "max_wal_senders",
            "max_prepared_transactions",
            "max_locks_per_transaction");

    private static final List<String> RECOVERY_TARGETS = List.of(
            "recovery_target",
            "recovery_target_lsn",
            "recovery_target_name",
            "recovery_target_time",
            "recovery_target_xid");
    private static final int MANY_FILES = 16;
    private static final int FAILOVER_SLOTS = 17;

    private final Situation situation;

    Preflight(Situation situation) {
        this.situation = situation;
    }

    /** All checks that can be made, in the order in which a person would ask. */
    List<Check> checks() {
        var first = Stream.concat(Stream.of(onePrimary(), candidateIsStandby()), answering())
                .toList();
        if (first.stream().anyMatch(Check::isFailure)) {
            return first;
        }
        var all = new ArrayList<>(first);
        Stream.<Function<Preflight, Check>>of(
                        Preflight::version,
                        Preflight::systemIdentifier,
                        Preflight::timeline,
                        Preflight::attached,
                        Preflight::replayNotPaused,
                        Preflight::noDelay,
                        Preflight::lag,
                        Preflight::notReadOnly,
                        Preflight::noRecoveryTarget,
                        Preflight::parameters,
                        Preflight::freeSenders,
                        Preflight::freeSlots,
                        Preflight::reverseLogin,
                        Preflight::archiving,
                        Preflight::noBaseBackup,
                        Preflight::synchronousNames,
                        Preflight::logicalSlots,
                        Preflight::senderTimeOut,
                        Preflight::libraries,
                        Preflight::collations,
                        Preflight::preparedTransactions,
                        Preflight::longTransactions,
                        Preflight::pendingRestart,
                        Preflight::restoreCommand,
                        Preflight::rewindable)
                .map(check -> check.apply(this))
                .forEach(all::add);
        return all;
    }

    private Check onePrimary() {
        var primaries = situation.primaries();
        return switch (primaries.size()) {
            case 1 -> pass("one-primary", primaries.getFirst() + " is the primary.");
            case 0 ->
                failure(
                        "one-primary",
                        "No member's server runs as primary.",
                        "Start the primary; if it is lost, a failover is needed, which is not a planned switchover.");
            default ->
                failure(
                        "one-primary",
                        "More than one server runs as primary: %s.".formatted(String.join(", ", primaries)),
                        "Find out which one has the right data, stop the others, and make standbys of them with POST"
                                + " /setup.");
        };
    }

    private Check candidateIsStandby() {
        var state = situation.state(situation.candidate());
        if (state.role() == Role.PRIMARY && state.isReadable()) {
            return failure(
                    "candidate-is-standby",
                    "%s is the primary already.".formatted(situation.candidate()),
                    "Name one of the standbys: %s.".formatted(String.join(", ", situation.followers())));
        }
        if (!state.isReadable()) {
            return failure(
                    "candidate-is-standby",
                    state.role() == Role.UNKNOWN ? Kind.PEER_UNREACHABLE : Kind.POSTGRES_UNAVAILABLE,
                    "%s is unavailable: %s".formatted(situation.candidate(), state.reason()),
                    "Bring its server and its service up first.");
        }
        return pass("candidate-is-standby", situation.candidate() + " is a standby.");
    }

    private Stream<Check> answering() {
        return situation.followers().stream()
                .filter(name -> !situation.answers(name))
                .map(name -> failure(
                        "members-answer",
                        situation.state(name).role() == Role.UNKNOWN
                                ? Kind.PEER_UNREACHABLE
                                : Kind.POSTGRES_UNAVAILABLE,
                        "%s is unavailable: %s"
                                .formatted(name, situation.state(name).reason()),
                        "Bring it up, or take it out of estafet.members on every node."));
    }

    private Check version() {
        var primary = versionOf(situation.primary());
        if (primary.major() < ServerVersion.OLDEST_MAJOR) {
            return failure(
                    "version",
                    "PostgreSQL %s is too old.".formatted(primary),
                    "Upgrade to %d or newer.".formatted(ServerVersion.OLDEST_MAJOR));
        }
        for (var name : situation.reports().keySet()) {
            var version = versionOf(name);
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
        var primary = Objects.requireNonNull(primaryState().systemIdentifier());
        return others(name -> !primary.equals(situation.state(name).systemIdentifier()))
                .<Check>map(name -> failure(
                        "system-identifier",
                        "%s holds another database cluster: its system identifier is %s, the primary's %s."
                                .formatted(name, situation.state(name).systemIdentifier(), primary),
                        "Make a standby of it with POST /setup and replaceData."))
                .findFirst()
                .orElseGet(() -> pass("system-identifier", "All have " + primary + "."));
    }

    private Check timeline() {
        var primary = Objects.requireNonNull(primaryState().timeline());
        var candidate = candidateState().timeline();
        return primary.equals(candidate)
                ? pass("timeline", "Both are on timeline %s.".formatted(primary))
                : failure(
                        "timeline",
                        "The candidate is on timeline %s, the primary on %s.".formatted(candidate, primary),
                        "Let it follow the primary until it has caught up.");
    }

    private Check attached() {
        var state = candidateState();
        if (!state.streaming()) {
            return failure(
                    "streams-from-primary",
                    "%s does not stream: %s.".formatted(situation.candidate(), state.reason()),
                    "Look into its log; check primary_conninfo, the slot and pg_hba.conf on the primary.");
        }
        var primary = situation.server(situation.primary());
        var slot = server().upstreamSlot();
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
        return candidateState().replayPaused()
                ? failure(
                        "replay-not-paused",
                        "Replay is paused on %s.".formatted(situation.candidate()),
                        "Run select pg_wal_replay_resume() there.")
                : pass("replay-not-paused", "Replay goes on.");
    }

    private Check noDelay() {
        var delay = server().setting("recovery_min_apply_delay");
        return delay.equals("0")
                ? pass("no-replay-delay", "Replay is not delayed.")
                : failure(
                        "no-replay-delay",
                        "recovery_min_apply_delay is %s ms on %s.".formatted(delay, situation.candidate()),
                        "Set it to 0 there, or choose another candidate.");
    }

    private Check lag() {
        var lsn = candidateState().replayLsn();
        var end = primaryState().lsn();
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

    private Check notReadOnly() {
        return server().isOn("default_transaction_read_only")
                ? failure(
                        "not-read-only",
                        "default_transaction_read_only is on at %s.".formatted(situation.candidate()),
                        "Turn it off there: it would refuse writes as primary too.")
                : pass("not-read-only", "The candidate will take writes.");
    }

    private Check noRecoveryTarget() {
        var set = RECOVERY_TARGETS.stream()
                .filter(name -> !server().setting(name).isEmpty())
                .toList();
        return set.isEmpty()
                ? pass("no-recovery-target", "Recovery has no target.")
                : failure(
                        "no-recovery-target",
                        "%s is set on %s.".formatted(String.join(", ", set), situation.candidate()),
                        "Reset it: a standby must replay all there is.");
    }

    /** After the change of roles the others are standbys of the candidate, so none may have less than it has. */
    private Check parameters() {
        var lower = situation.followers().stream()
                .flatMap(name -> NOT_LOWER_ON_STANDBY.stream()
                        .filter(setting -> situation.server(name).number(setting) < server().number(setting))
                        .map(setting -> "%s=%s on %s (%s on the candidate)"
                                .formatted(
                                        setting,
                                        situation.server(name).setting(setting),
                                        name,
                                        server().setting(setting))))
                .toList();
        return lower.isEmpty()
                ? pass("parameters", "No node has less room than the candidate would want of its standbys.")
                : failure(
                        "parameters",
                        "A standby of the candidate would not start: " + String.join(", ", lower) + ".",
                        "Give all nodes the same values; they take effect with a restart.");
    }

    private Check freeSenders() {
        var free = server().number("max_wal_senders") - server().senders().size();
        return room("free-wal-senders", free, "max_wal_senders", "WAL senders");
    }

    private Check freeSlots() {
        var ours =
                situation.followers().stream().map(name -> Slot.of(name).name()).toList();
        var taken = server().slots().stream()
                .filter(it -> !ours.contains(it.name()))
                .count();
        var free = server().number("max_replication_slots") - taken;
        return room("free-slots", free, "max_replication_slots", "replication slots");
    }

    private Check room(String name, long free, String setting, String what) {
        var wanted = situation.followers().size();
        return free >= wanted
                ? pass(name, "%d %s are free on the candidate, %d are needed.".formatted(free, what, wanted))
                : failure(
                        name,
                        "Only %d %s are free on %s, %d are needed."
                                .formatted(Math.max(0, free), what, situation.candidate(), wanted),
                        "Raise %s there (takes effect with a restart), or free some.".formatted(setting));
    }

    private Check reverseLogin() {
        return situation.loginFailures().entrySet().stream()
                .<Check>map(entry -> failure(
                        "reverse-login",
                        "%s cannot log in to %s for replication: %s"
                                .formatted(entry.getKey(), situation.candidate(), entry.getValue()),
                        "Check listen_addresses and pg_hba.conf on the candidate, and estafet.replication.user and"
                                + " password on %s.".formatted(entry.getKey())))
                .findFirst()
                .orElseGet(() -> pass("reverse-login", "The others can log in to the candidate for replication."));
    }

    private Check archiving() {
        var archiver = situation.server(situation.primary()).archiver();
        if (archiver == null) {
            return pass("archiving", "WAL is not archived.");
        }
        if (archiver.failing()) {
            return failure(
                    "archiving",
                    "Archiving fails on the primary, last with %s; %d files wait."
                            .formatted(archiver.lastFailedFile(), archiver.waiting()),
                    "Mend archive_command: what is not archived at the change of roles leaves a gap in the archive.");
        }
        return backlog(archiver);
    }

    private static Check backlog(Archiver archiver) {
        return archiver.waiting() > MANY_FILES
                ? warning(
                        "archiving",
                        "%d WAL files wait to be archived.".formatted(archiver.waiting()),
                        "The switchover does not wait for them; the old primary rejoins once they are archived.")
                : pass("archiving", "%d WAL files wait to be archived.".formatted(archiver.waiting()));
    }

    private Check noBaseBackup() {
        var running = situation.server(situation.primary()).baseBackups();
        return running == 0
                ? pass("no-base-backup", "No base backup is running.")
                : failure(
                        "no-base-backup",
                        "%d base backup(s) run from the primary and would be broken off.".formatted(running),
                        "Wait for their end: pg_stat_progress_basebackup shows them.");
    }

    /** The candidate's own setting counts once it is primary; a name in it that nobody bears makes commits hang. */
    private Check synchronousNames() {
        var names = server().setting("synchronous_standby_names");
        if (names.isEmpty() || names.contains("*")) {
            return pass("synchronous-standbys", names.isEmpty() ? "No standby is synchronous." : names);
        }
        var present = situation.followers().stream().anyMatch(names::contains);
        return present
                ? warning(
                        "synchronous-standbys",
                        "synchronous_standby_names is %s on %s.".formatted(names, situation.candidate()),
                        "Commits will wait for the standbys named there: see that enough of them follow.")
                : failure(
                        "synchronous-standbys",
                        "synchronous_standby_names is %s on %s and names none of the standbys it will have."
                                .formatted(names, situation.candidate()),
                        "Change it there: commits would hang after the switchover.");
    }

    private Check logicalSlots() {
        var logical = situation.server(situation.primary()).slots().stream()
                .filter(SlotState::isLogical)
                .toList();
        var synced = server().slots().stream()
                .filter(it -> Boolean.TRUE.equals(it.synced()))
                .map(SlotState::name)
                .toList();
        var lost = logical.stream()
                .map(SlotState::name)
                .filter(name -> !synced.contains(name))
                .toList();
        if (lost.isEmpty()) {
            return pass("logical-slots", logical.isEmpty() ? "There are none." : "All are synchronised.");
        }
        return warning(
                "logical-slots",
                "These logical slots will be missing on the new primary: %s.".formatted(String.join(", ", lost)),
                versionOf(situation.primary()).isAtLeast(FAILOVER_SLOTS)
                        ? "Make them failover slots and turn sync_replication_slots on at the candidate."
                        : "Subscribers must be set up anew; PostgreSQL 17 can keep them as failover slots.");
    }

    private Check senderTimeOut() {
        var limit = situation.server(situation.primary()).setting("wal_sender_shutdown_timeout");
        return limit.isEmpty() || limit.equals("-1")
                ? pass("shutdown-waits-for-standbys", "The primary's stop waits for its standbys.")
                : failure(
                        "shutdown-waits-for-standbys",
                        "wal_sender_shutdown_timeout is %s on the primary.".formatted(limit),
                        "Set it to -1: the stop must not end before the standbys have everything.");
    }

    private Check libraries() {
        return situation.missingLibraries().isEmpty()
                ? pass("libraries", "The candidate has every library that the databases use.")
                : failure(
                        "libraries",
                        "%s lacks libraries that the databases use: %s."
                                .formatted(situation.candidate(), String.join(", ", situation.missingLibraries())),
                        "Install the same extension packages there.");
    }

    private Check collations() {
        var primary = situation.server(situation.primary()).collationVersions();
        var candidate = server().collationVersions();
        return primary.equals(candidate)
                ? pass("collations", "Both use the same versions of the collation libraries.")
                : warning(
                        "collations",
                        "The collation libraries differ: %s on the primary, %s on the candidate."
                                .formatted(inWords(primary), inWords(candidate)),
                        "Indexes on text may be corrupt on the new primary: bring the operating systems to the same"
                                + " version, or REINDEX after the switchover.");
    }

    private static String inWords(Map<String, String> versions) {
        return versions.entrySet().stream()
                .map(it -> (it.getKey().equals("c") ? "libc" : "ICU") + " " + it.getValue())
                .sorted()
                .collect(Collectors.joining(", "));
    }

    private Check preparedTransactions() {
        var count = situation.server(situation.primary()).preparedTransactions();
        return count == 0
                ? pass("prepared-transactions", "There are none.")
                : warning(
                        "prepared-transactions",
                        "%d prepared transactions wait for their second phase.".formatted(count),
                        "They go along to the new primary and keep their locks there.");
    }

    private Check longTransactions() {
        var open = situation.server(situation.primary()).longTransactions();
        return open.isEmpty()
                ? pass("long-transactions", "None is older than a minute.")
                : warning(
                        "long-transactions",
                        open.stream()
                                .map(it -> "%d (%s) for %d s".formatted(it.pid(), it.applicationName(), it.seconds()))
                                .collect(Collectors.joining(", ", "Transactions are open: ", ".")),
                        "The switchover ends them; their clients must repeat them.");
    }

    private Check pendingRestart() {
        var pending = server().pendingRestart();
        return pending.isEmpty()
                ? pass("pending-restart", "No changed setting waits for a restart on the candidate.")
                : warning(
                        "pending-restart",
                        "These settings wait for a restart of %s: %s."
                                .formatted(situation.candidate(), String.join(", ", pending)),
                        "Restart it before the switchover: it interrupts nobody who writes.");
    }

    private Check restoreCommand() {
        return server().setting("restore_command").isEmpty()
                ? pass("restore-command", "None is set on the candidate.")
                : warning(
                        "restore-command",
                        "restore_command is set on %s.".formatted(situation.candidate()),
                        "A promotion asks it for further WAL; if it hangs, so does the promotion.");
    }

    private Check rewindable() {
        var primary = situation.server(situation.primary());
        return primary.isOn("data_checksums") || primary.isOn("wal_log_hints")
                ? pass("rewindable", "pg_rewind could be used should histories ever fork.")
                : warning(
                        "rewindable",
                        "Neither data checksums nor wal_log_hints are on.",
                        "Turn wal_log_hints on: a primary that is lost one day can then rejoin without a full copy.");
    }

    private Stream<String> others(Predicate<String> filter) {
        return situation.reports().keySet().stream()
                .filter(name -> !name.equals(situation.primary()))
                .filter(filter);
    }

    private ServerVersion versionOf(String name) {
        return Objects.requireNonNull(situation.state(name).version(), name);
    }

    private NodeState primaryState() {
        return situation.state(situation.primary());
    }

    private NodeState candidateState() {
        return situation.state(situation.candidate());
    }

    private Server server() {
        return situation.server(situation.candidate());
    }
}

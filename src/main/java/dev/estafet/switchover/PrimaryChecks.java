package dev.estafet.switchover;

import static dev.estafet.operation.Check.failure;
import static dev.estafet.operation.Check.pass;
import static dev.estafet.operation.Check.warning;

import dev.estafet.node.NodeReport.Archiver;
import dev.estafet.node.NodeReport.SlotState;
import dev.estafet.operation.Check;
import java.util.List;
import java.util.stream.Collectors;

/** What is going on at the primary that a stop would break or that would break the switchover? */
final class PrimaryChecks {

    private static final int MANY_FILES = 16;
    private static final int FAILOVER_SLOTS = 17;

    private final Situation situation;

    PrimaryChecks(Situation situation) {
        this.situation = situation;
    }

    List<Check> all() {
        return List.of(
                archiving(),
                noBaseBackup(),
                logicalSlots(),
                senderTimeOut(),
                preparedTransactions(),
                longTransactions());
    }

    private Check archiving() {
        var archiver = situation.primaryServer().archiver();
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

    private Check noBaseBackup() {
        var running = situation.primaryServer().baseBackups();
        return running == 0
                ? pass("no-base-backup", "No base backup is running.")
                : failure(
                        "no-base-backup",
                        "%d base backup(s) run from the primary and would be broken off.".formatted(running),
                        "Wait for their end: pg_stat_progress_basebackup shows them.");
    }

    private Check logicalSlots() {
        var synced = situation.candidateServer().slots().stream()
                .filter(it -> Boolean.TRUE.equals(it.synced()))
                .map(SlotState::name)
                .toList();
        var missing = situation.primaryServer().slots().stream()
                .filter(SlotState::isLogical)
                .map(SlotState::name)
                .filter(name -> !synced.contains(name))
                .toList();
        var notYet =
                situation.failoverSlots().stream().filter(missing::contains).toList();
        if (!notYet.isEmpty()) {
            return failure(
                    "logical-slots",
                    "These failover slots are not synchronised on %s: %s."
                            .formatted(situation.candidate(), String.join(", ", notYet)),
                    "Turn on sync_replication_slots and hot_standby_feedback there, and wait until pg_replication_slots"
                            + " shows them synced and not temporary, which takes a consumer that reads on; or make them"
                            + " ordinary slots, which will be lost.");
        }
        if (!missing.isEmpty()) {
            return warning(
                    "logical-slots",
                    "These logical slots will be missing on the new primary: %s.".formatted(String.join(", ", missing)),
                    situation.versionOf(situation.primary()).isAtLeast(FAILOVER_SLOTS)
                            ? "Make them failover slots and turn sync_replication_slots on at the candidate."
                            : "Subscribers must be set up anew; PostgreSQL 17 can keep them as failover slots.");
        }
        return pass("logical-slots", synced.isEmpty() ? "There are none." : "All are synchronised.");
    }

    private Check senderTimeOut() {
        var limit = situation.primaryServer().setting("wal_sender_shutdown_timeout");
        return limit.isEmpty() || limit.equals("-1")
                ? pass("shutdown-waits-for-standbys", "The primary's stop waits for its standbys.")
                : failure(
                        "shutdown-waits-for-standbys",
                        "wal_sender_shutdown_timeout is %s on the primary.".formatted(limit),
                        "Set it to -1: the stop must not end before the standbys have everything.");
    }

    private Check preparedTransactions() {
        var count = situation.primaryServer().preparedTransactions();
        return count == 0
                ? pass("prepared-transactions", "There are none.")
                : warning(
                        "prepared-transactions",
                        "%d prepared transactions wait for their second phase.".formatted(count),
                        "They go along to the new primary and keep their locks there.");
    }

    private Check longTransactions() {
        var open = situation.primaryServer().longTransactions();
        return open.isEmpty()
                ? pass("long-transactions", "None is older than a minute.")
                : warning(
                        "long-transactions",
                        open.stream()
                                .map(it -> "%d (%s) for %d s".formatted(it.pid(), it.applicationName(), it.seconds()))
                                .collect(Collectors.joining(", ", "Transactions are open: ", ".")),
                        "The switchover ends them; their clients must repeat them.");
    }

    private static Check backlog(Archiver archiver) {
        return archiver.waiting() > MANY_FILES
                ? warning(
                        "archiving",
                        "%d WAL files wait to be archived.".formatted(archiver.waiting()),
                        "The switchover does not wait for them; the old primary rejoins once they are archived.")
                : pass("archiving", "%d WAL files wait to be archived.".formatted(archiver.waiting()));
    }
}

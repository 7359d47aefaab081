package dev.estafet.switchover;

import static dev.estafet.operation.Check.failure;
import static dev.estafet.operation.Check.pass;
import static dev.estafet.operation.Check.warning;

import dev.estafet.node.RoleSettings;
import dev.estafet.operation.Check;
import dev.estafet.postgres.Slot;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Can the candidate be a primary, and the others its standbys? */
final class CandidateChecks {

    /** Parameters that a standby must have at least as high as its primary (manual, section 26.4.3). */
    private static final List<String> NOT_LOWER_ON_STANDBY = List.of(
            "max_connections",
            "max_worker_processes",
            "max_wal_senders",
            "max_prepared_transactions",
            "max_locks_per_transaction");

    private final Situation situation;

    CandidateChecks(Situation situation) {
        this.situation = situation;
    }

    List<Check> all() {
        return List.of(
                notReadOnly(),
                parameters(),
                freeSenders(),
                freeSlots(),
                reverseLogin(),
                synchronousNames(),
                libraries(),
                collations(),
                pendingRestart(),
                restoreCommand());
    }

    private Check notReadOnly() {
        return situation.candidateServer().isOn("default_transaction_read_only")
                ? failure(
                        "not-read-only",
                        "default_transaction_read_only is on at %s.".formatted(situation.candidate()),
                        "Turn it off there: it would refuse writes as primary too.")
                : pass("not-read-only", "The candidate will take writes.");
    }

    /** After the change of roles the others are standbys of the candidate, so none may have less than it has. */
    private Check parameters() {
        var lower = situation.followers().stream()
                .flatMap(name -> NOT_LOWER_ON_STANDBY.stream()
                        .filter(setting -> situation.server(name).number(setting)
                                < situation.candidateServer().number(setting))
                        .map(setting -> "%s=%s on %s (%s on the candidate)"
                                .formatted(
                                        setting,
                                        situation.server(name).setting(setting),
                                        name,
                                        situation.candidateServer().setting(setting))))
                .toList();
        return lower.isEmpty()
                ? pass("parameters", "No node has less room than the candidate would want of its standbys.")
                : failure(
                        "parameters",
                        "A standby of the candidate would not start: " + String.join(", ", lower) + ".",
                        "Give all nodes the same values; they take effect with a restart.");
    }

    private Check freeSenders() {
        var free = situation.candidateServer().number("max_wal_senders")
                - situation.candidateServer().senders().size();
        return room("free-wal-senders", free, "max_wal_senders", "WAL senders");
    }

    private Check freeSlots() {
        var ours = situation.others().stream().map(name -> Slot.of(name).name()).toList();
        var taken = situation.candidateServer().slots().stream()
                .filter(it -> !ours.contains(it.name()))
                .count();
        var free = situation.candidateServer().number("max_replication_slots") - taken;
        return room("free-slots", free, "max_replication_slots", "replication slots");
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

    /** What the primary's commits wait for, with the roles changed; a name that nobody bears would make them hang. */
    private Check synchronousNames() {
        var names = situation.synchronousStandbyNames();
        if (names.isEmpty()) {
            return pass("synchronous-standbys", "Commits wait for no standby.");
        }
        var told = "On %s, %s will be %s, once enough of these stream from it."
                .formatted(situation.candidate(), RoleSettings.SYNCHRONOUS_STANDBY_NAMES, names);
        return names.isSatisfiedBy(situation.followers())
                ? pass("synchronous-standbys", told)
                : warning(
                        "synchronous-standbys",
                        told,
                        "Not enough of them take part, so commits will wait for no standby until you set it by ALTER"
                                + " SYSTEM.");
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
        var primary = situation.primaryServer().collationVersions();
        var candidate = situation.candidateServer().collationVersions();
        return primary.equals(candidate)
                ? pass("collations", "Both use the same versions of the collation libraries.")
                : warning(
                        "collations",
                        "The collation libraries differ: %s on the primary, %s on the candidate."
                                .formatted(inWords(primary), inWords(candidate)),
                        "Indexes on text may be corrupt on the new primary: bring the operating systems to the same"
                                + " version, or REINDEX after the switchover.");
    }

    private Check pendingRestart() {
        var pending = situation.candidateServer().pendingRestart();
        return pending.isEmpty()
                ? pass("pending-restart", "No changed setting waits for a restart on the candidate.")
                : warning(
                        "pending-restart",
                        "These settings wait for a restart of %s: %s."
                                .formatted(situation.candidate(), String.join(", ", pending)),
                        "Restart it before the switchover: it interrupts nobody who writes.");
    }

    private Check restoreCommand() {
        return situation.candidateServer().setting("restore_command").isEmpty()
                ? pass("restore-command", "None is set on the candidate.")
                : warning(
                        "restore-command",
                        "restore_command is set on %s.".formatted(situation.candidate()),
                        "A promotion asks it for further WAL; if it hangs, so does the promotion.");
    }

    private Check room(String name, long free, String setting, String what) {
        var wanted = situation.followers().size() + situation.absent().size();
        return free >= wanted
                ? pass(name, "%d %s are free on the candidate, %d are needed.".formatted(free, what, wanted))
                : failure(
                        name,
                        "Only %d %s are free on %s, %d are needed."
                                .formatted(Math.max(0, free), what, situation.candidate(), wanted),
                        "Raise %s there (takes effect with a restart), or free some.".formatted(setting));
    }

    private static String inWords(Map<String, String> versions) {
        return versions.entrySet().stream()
                .map(it -> (it.getKey().equals("c") ? "libc" : "ICU") + " " + it.getValue())
                .sorted()
                .collect(Collectors.joining(", "));
    }
}

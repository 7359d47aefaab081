package dev.estafet.switchover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.node.Label;
import dev.estafet.node.Lag;
import dev.estafet.node.NodeReport;
import dev.estafet.node.NodeReport.Archiver;
import dev.estafet.node.NodeReport.LongTransaction;
import dev.estafet.node.NodeReport.Sender;
import dev.estafet.node.NodeReport.Server;
import dev.estafet.node.NodeReport.SlotState;
import dev.estafet.node.NodeState;
import dev.estafet.node.Role;
import dev.estafet.operation.Check;
import dev.estafet.operation.Check.Outcome;
import dev.estafet.pgbouncer.PoolerState;
import dev.estafet.pgbouncer.PoolerState.PooledDatabase;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.ServerVersion;
import dev.estafet.postgres.Timeline;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A healthy pair passes everything; each test then spoils one thing and expects just the check that looks at it. */
class PreflightTest {

    private static final long MEGABYTE = 1 << 20;

    private final Spoiled primary = new Spoiled("pg1", Role.PRIMARY);
    private final Spoiled candidate = new Spoiled("pg2", Role.STANDBY);
    private Optional<Spoiled> third = Optional.empty();
    private final List<String> excluded = new ArrayList<>();
    private final Map<String, String> loginFailures = new TreeMap<>();
    private final List<String> missingLibraries = new ArrayList<>();
    private final List<PoolerState> poolers = new ArrayList<>();
    private final Map<String, String> poolerObstacles = new TreeMap<>();

    @Test
    void aHealthyPairPassesEveryCheck() {
        assertThat(checks()).allMatch(check -> check.outcome() == Outcome.PASS).hasSizeGreaterThan(25);
    }

    @Test
    void everyCheckThatDoesNotPassSaysWhatToDo() {
        candidate.replayPaused = true;
        primary.preparedTransactions = 1;
        loginFailures.put("pg1", "no pg_hba.conf entry");

        assertThat(checks())
                .filteredOn(check -> check.outcome() != Outcome.PASS)
                .hasSize(3)
                .allSatisfy(check -> assertThat(check.remedy()).isNotBlank());
    }

    @Test
    void noPrimaryEndsTheChecks() {
        primary.role = Role.STANDBY;

        assertThat(failures()).containsExactly("one-primary");
    }

    @Test
    void twoPrimariesEndTheChecks() {
        candidate.role = Role.PRIMARY;

        assertThat(failures()).containsExactly("one-primary", "candidate-is-standby");
    }

    @Test
    void aServerThatDoesNotAnswerEndsTheChecks() {
        candidate.answers = false;

        assertThat(failures()).containsExactly("candidate-is-standby");
    }

    @Test
    void anotherMajorVersionFails() {
        candidate.version = 160004;

        assertThat(failures()).containsExactly("version");
    }

    @Test
    void anotherMinorVersionIsAWarning() {
        candidate.version = 150017;

        assertThat(warnings()).containsExactly("version");
    }

    @Test
    void aVersionBefore13Fails() {
        primary.version = 120022;
        candidate.version = 120022;

        assertThat(failures()).containsExactly("version");
    }

    @Test
    void anotherSystemIdentifierFails() {
        candidate.systemIdentifier = "2";

        assertThat(failures()).containsExactly("system-identifier");
    }

    @Test
    void anotherTimelineFails() {
        candidate.timeline = 2;

        assertThat(failures()).containsExactly("timeline");
    }

    @Test
    void aStandbyThatDoesNotStreamFails() {
        candidate.streaming = false;

        assertThat(failures()).containsExactly("streams-from-primary");
    }

    @Test
    void aStandbyThatStreamsFromSomebodyElseFails() {
        candidate.upstream = "10.0.0.9:5432";
        candidate.upstreamSlot = null;
        primary.senders.clear();

        assertThat(failures()).containsExactly("streams-from-primary");
    }

    @Test
    void aStandbyThatKnowsThePrimaryByAnotherNameIsRecognisedByItsSlot() {
        candidate.upstream = "primary.example.org:5432";
        candidate.upstreamSlot = "standby_slot";
        primary.senders.clear();
        primary.slots.add(slot("standby_slot", "physical", true, null));

        assertThat(failures()).isEmpty();
    }

    @Test
    void pausedReplayFails() {
        candidate.replayPaused = true;

        assertThat(failures()).containsExactly("replay-not-paused");
    }

    @Test
    void delayedReplayFails() {
        candidate.settings.put("recovery_min_apply_delay", "60000");

        assertThat(failures()).containsExactly("no-replay-delay");
    }

    @Test
    void lagAboveTheLimitFailsAndNamesBoth() {
        primary.lsn = 0x1000000 + 3 * MEGABYTE;

        assertThat(failures()).containsExactly("lag");
        assertThat(check("lag").detail()).contains("3.0 MB", "1.0 MB");
    }

    @Test
    void lagAtTheLimitPasses() {
        primary.lsn = 0x1000000 + MEGABYTE;

        assertThat(failures()).isEmpty();
    }

    @Test
    void aCandidateThatIsReadOnlyByDefaultFails() {
        candidate.settings.put("default_transaction_read_only", "on");

        assertThat(failures()).containsExactly("not-read-only");
    }

    @Test
    void aRecoveryTargetFails() {
        candidate.settings.put("recovery_target_time", "2026-01-01");

        assertThat(failures()).containsExactly("no-recovery-target");
    }

    @Test
    void lessRoomOnTheOldPrimaryThanOnTheCandidateFails() {
        primary.settings.put("max_connections", "50");

        assertThat(failures()).containsExactly("parameters");
    }

    @Test
    void noFreeWalSenderFails() {
        candidate.settings.put("max_wal_senders", "0");
        primary.settings.put("max_wal_senders", "10");

        assertThat(failures()).containsExactly("free-wal-senders");
    }

    @Test
    void noFreeSlotFails() {
        IntStream.range(0, 10).forEach(i -> candidate.slots.add(slot("other_" + i, "physical", true, null)));

        assertThat(failures()).containsExactly("free-slots");
    }

    @Test
    void aSlotOfOursThatIsThereAlreadyNeedsNoRoom() {
        IntStream.range(0, 9).forEach(i -> candidate.slots.add(slot("other_" + i, "physical", true, null)));
        candidate.slots.add(slot("estafet_pg1", "physical", false, null));

        assertThat(failures()).isEmpty();
    }

    @Test
    void aRefusedReverseLoginFails() {
        loginFailures.put("pg1", "no pg_hba.conf entry");

        assertThat(failures()).containsExactly("reverse-login");
    }

    @Test
    void failingArchivingFails() {
        primary.archiver = new Archiver(3, true, "000000010000000000000003", null);

        assertThat(failures()).containsExactly("archiving");
    }

    @Test
    void aBacklogOfTheArchiverIsAWarning() {
        primary.archiver = new Archiver(100, false, null, null);

        assertThat(warnings()).containsExactly("archiving");
    }

    @Test
    void aRunningBaseBackupFails() {
        primary.baseBackups = 1;

        assertThat(failures()).containsExactly("no-base-backup");
    }

    @Test
    void synchronousNamesAreToldWithTheRolesChanged() {
        primary.settings.put("synchronous_standby_names", "ANY 1 (pg2)");

        assertThat(failures()).isEmpty();
        assertThat(check("synchronous-standbys").outcome()).isEqualTo(Outcome.PASS);
        assertThat(check("synchronous-standbys").detail()).contains("ANY 1 (pg1)");
    }

    @Test
    void synchronousNamesThatTooFewWillBearAreAWarning() {
        primary.settings.put("synchronous_standby_names", "FIRST 2 (pg2, gone)");

        assertThat(warnings()).containsExactly("synchronous-standbys");
    }

    @Test
    void aStandbyWhoseServerIsDownIsAWarning() {
        third = Optional.of(new Spoiled("pg3", Role.STANDBY));
        third.get().answers = false;

        assertThat(warnings()).containsExactly("members-answer");
    }

    @Test
    void aMemberWhoseServiceIsSilentFailsUnlessItIsExcluded() {
        third = Optional.of(new Spoiled("pg3", Role.UNKNOWN));
        third.get().answers = false;

        assertThat(failures()).containsExactly("members-answer");
        assertThat(check("members-answer").remedy()).contains("\"exclude\": [\"pg3\"]");

        excluded.add("pg3");
        assertThat(warnings()).containsExactly("members-answer");
    }

    @Test
    void thePrimaryCannotBeExcluded() {
        excluded.add("pg1");

        assertThat(failures()).containsExactly("members-answer");
    }

    @Test
    void aCascadedStandbyNeedsNoRoomOnTheCandidate() {
        third = Optional.of(new Spoiled("pg3", Role.STANDBY));
        third.get().upstream = "10.0.0.2:5432";
        candidate.settings.put("max_wal_senders", "1");
        primary.settings.put("max_wal_senders", "10");

        assertThat(failures()).isEmpty();

        third.get().upstream = "10.0.0.1:5432";
        assertThat(failures()).containsExactly("free-wal-senders");
    }

    @Test
    void failoverSlotsThatAreNotSynchronisedFail() {
        primary.slots.add(new SlotState("billing", "logical", true, null, null, null, null, true, false));

        assertThat(failures()).containsExactly("logical-slots");
    }

    @Test
    void logicalSlotsThatWillBeMissingAreAWarningThatNamesThem() {
        primary.slots.add(slot("billing", "logical", true, null));

        assertThat(warnings()).containsExactly("logical-slots");
        assertThat(check("logical-slots").detail()).contains("billing");
    }

    @Test
    void logicalSlotsThatAreSynchronisedPass() {
        primary.slots.add(slot("billing", "logical", true, null));
        candidate.slots.add(slot("billing", "logical", false, true));

        assertThat(warnings()).isEmpty();
    }

    @Test
    void aLimitOnTheWaitForStandbysFails() {
        primary.settings.put("wal_sender_shutdown_timeout", "5000");

        assertThat(failures()).containsExactly("shutdown-waits-for-standbys");
    }

    @Test
    void missingLibrariesFail() {
        missingLibraries.add("postgis-3");

        assertThat(failures()).containsExactly("libraries");
    }

    @Test
    void otherCollationVersionsAreAWarning() {
        candidate.collations = Map.of("c", "2.31");

        assertThat(warnings()).containsExactly("collations");
    }

    @Test
    void longTransactionsAreAWarning() {
        primary.longTransactions.add(new LongTransaction(42, "report", 600));

        assertThat(warnings()).containsExactly("long-transactions");
    }

    @Test
    void settingsThatWaitForARestartAreAWarning() {
        candidate.pendingRestart.add("shared_buffers");

        assertThat(warnings()).containsExactly("pending-restart");
    }

    @Test
    void aRestoreCommandIsAWarning() {
        candidate.settings.put("restore_command", "cp /archive/%f %p");

        assertThat(warnings()).containsExactly("restore-command");
    }

    @Test
    void aClusterThatCannotBeRewoundIsAWarning() {
        primary.settings.put("wal_log_hints", "off");

        assertThat(warnings()).containsExactly("rewindable");
    }

    @Test
    void aPoolerThatAnswersPasses() {
        poolers.add(pooler("self", "transaction", false));

        assertThat(checks())
                .extracting(Check::name)
                .contains("poolers-answer", "poolers-can-pause", "poolers-can-lead");
        assertThat(checks()).allMatch(check -> check.outcome() == Outcome.PASS);
    }

    @Test
    void aPoolerThatIsSilentFails() {
        poolers.add(new PoolerState("web", "10.0.0.9:6432", null, "refused", true, "self", List.of(), List.of()));

        assertThat(failures()).containsExactly("poolers-answer");
        assertThat(check("poolers-answer").remedy()).contains("\"exclude\": [\"web\"]");
    }

    @Test
    void aPoolerThatIsSilentAndNotRequiredIsAWarning() {
        poolers.add(new PoolerState("web", "10.0.0.9:6432", null, "refused", false, "self", List.of(), List.of()));

        assertThat(warnings()).containsExactly("poolers-answer");
    }

    @Test
    void aDatabaseThatThePoolerDoesNotHaveFails() {
        poolers.add(
                new PoolerState("web", "10.0.0.9:6432", "1.18.0", null, false, "follows", List.of(), List.of("shop")));

        assertThat(failures()).containsExactly("poolers-answer");
    }

    @Test
    void aPoolerThatIsPausedAlreadyFails() {
        poolers.add(pooler("self", "transaction", true));

        assertThat(failures()).containsExactly("poolers-can-pause");
    }

    @Test
    void aPoolerOfSessionsIsAWarning() {
        poolers.add(pooler("self", "session", false));

        assertThat(warnings()).containsExactly("poolers-can-pause");
    }

    @Test
    void aPoolerThatCannotBePointedFails() {
        poolers.add(pooler("self", "transaction", false));
        poolerObstacles.put("web", "pgbouncer.ini cannot be read");

        assertThat(failures()).containsExactly("poolers-can-lead");
    }

    @Test
    void aPoolerWhoseWayCannotBeSeenIsAWarning() {
        poolers.add(pooler("follows", "transaction", false));
        poolerObstacles.put("web", "no login");

        assertThat(warnings()).containsExactly("poolers-can-lead");
    }

    private static PoolerState pooler(String hosts, String poolMode, boolean paused) {
        return new PoolerState(
                "web",
                "10.0.0.9:6432",
                "1.18.0",
                null,
                true,
                hosts,
                List.of(new PooledDatabase("app", "10.0.0.1", 5432, poolMode, paused)),
                List.of());
    }

    private List<Check> checks() {
        var reports = new TreeMap<String, NodeReport>();
        reports.put("pg1", primary.report());
        reports.put("pg2", candidate.report());
        var addresses = Map.of("pg1", "10.0.0.1:5432", "pg2", "10.0.0.2:5432", "pg3", "10.0.0.3:5432");
        third.ifPresent(node -> reports.put("pg3", node.report()));
        return new Preflight(new Situation(
                        reports,
                        "pg2",
                        MEGABYTE,
                        excluded,
                        true,
                        addresses,
                        loginFailures,
                        missingLibraries,
                        poolers,
                        poolerObstacles))
                .checks();
    }

    private Check check(String name) {
        return checks().stream()
                .filter(it -> it.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private List<String> failures() {
        return checks().stream().filter(Check::isFailure).map(Check::name).toList();
    }

    private List<String> warnings() {
        assertThat(failures()).isEmpty();
        return checks().stream()
                .filter(check -> check.outcome() == Outcome.WARNING)
                .map(Check::name)
                .toList();
    }

    private static SlotState slot(String name, String type, boolean active, @Nullable Boolean synced) {
        return new SlotState(name, type, active, null, null, null, null, null, synced);
    }

    /** A healthy node until a test changes a field. */
    private static final class Spoiled {

        private final String name;
        private Role role;
        private boolean answers = true;
        private int version = 150018;
        private String systemIdentifier = "1";
        private int timeline = 1;
        private long lsn = 0x1000000;
        private boolean streaming;
        private String upstream = "10.0.0.1:5432";
        private @Nullable String upstreamSlot = "estafet_pg2";
        private boolean replayPaused;
        private int preparedTransactions;
        private int baseBackups;
        private @Nullable Archiver archiver;
        private Map<String, String> collations = Map.of("c", "2.36");
        private final List<SlotState> slots = new ArrayList<>();
        private final List<Sender> senders = new ArrayList<>();
        private final List<String> pendingRestart = new ArrayList<>();
        private final List<LongTransaction> longTransactions = new ArrayList<>();
        private final Map<String, String> settings = new TreeMap<>(Map.of(
                "max_connections", "100",
                "max_worker_processes", "8",
                "max_wal_senders", "10",
                "max_replication_slots", "10",
                "max_prepared_transactions", "0",
                "max_locks_per_transaction", "64",
                "recovery_min_apply_delay", "0",
                "wal_log_hints", "on"));

        Spoiled(String name, Role role) {
            this.name = name;
            this.role = role;
            this.streaming = role == Role.STANDBY;
            if (role == Role.PRIMARY) {
                senders.add(new Sender(7, "pg2", "10.0.0.2", "streaming", null, null, null, "async"));
            }
        }

        NodeReport report() {
            var standby = role == Role.STANDBY;
            var state = new NodeState(
                    name,
                    !answers ? Label.UNAVAILABLE : standby ? Label.READ_ONLY : Label.WRITABLE,
                    "a test",
                    role,
                    standby ? "streaming" : "in production",
                    systemIdentifier,
                    new Timeline(timeline),
                    new Lsn(lsn),
                    standby ? new Lsn(lsn) : null,
                    standby ? new Lag(0, 0) : null,
                    streaming,
                    standby ? upstream : null,
                    replayPaused,
                    answers ? new ServerVersion(version) : null,
                    null,
                    Instant.now());
            var server = new Server(
                    Instant.now(),
                    settings,
                    pendingRestart,
                    slots,
                    senders,
                    archiver,
                    preparedTransactions,
                    longTransactions,
                    baseBackups,
                    collations,
                    standby ? upstreamSlot : null,
                    null);
            return new NodeReport(state, answers ? server : null);
        }
    }
}

package dev.estafet.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.node.Label;
import dev.estafet.node.LastPrimary;
import dev.estafet.node.NodeReport;
import dev.estafet.node.NodeReport.Server;
import dev.estafet.node.NodeReport.SlotState;
import dev.estafet.node.NodeState;
import dev.estafet.node.Role;
import dev.estafet.node.WalEnd;
import dev.estafet.operation.Check;
import dev.estafet.operation.Check.Outcome;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.ServerVersion;
import dev.estafet.postgres.Sighting;
import dev.estafet.postgres.Timeline;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A lost primary whose service answers, and two standbys, pass everything; each test spoils one thing. */
class PreflightTest {

    private static final Instant NOW = Instant.parse("2026-11-24T20:00:00Z");
    private static final long END = 0x5000000;

    private final One old = new One("pg1", Role.PRIMARY, "in production");
    private final One candidate = new One("pg2", Role.STANDBY, "in archive recovery");
    private final One third = new One("pg3", Role.STANDBY, "in archive recovery");
    private final List<String> excluded = new ArrayList<>();
    private final Map<String, Sighting> sightings =
            new TreeMap<>(Map.of("pg2", new Sighting(false, false, "connection refused")));
    private @Nullable WalEnd measured = new WalEnd("1", new Timeline(1), new Lsn(END));
    private @Nullable LastPrimary remembered = new LastPrimary("pg1", "1", new Timeline(1), new Lsn(END), NOW);
    private @Nullable Long acceptLoss;
    private boolean acceptUnknown;
    private @Nullable String fenced;

    PreflightTest() {
        old.answers = false;
    }

    @Test
    void aLostPrimaryOfWhichNothingIsMissingPassesEveryCheck() {
        assertThat(checks()).hasSize(11).allMatch(check -> check.outcome() == Outcome.PASS);
        assertThat(situation().toFence()).containsExactly("pg1");
    }

    @Test
    void aPrimaryThatWorksEndsTheChecksWhateverWasAccepted() {
        old.answers = true;
        acceptUnknown = true;
        fenced = "so they say";

        assertThat(failures()).containsExactly("primary-is-lost");
    }

    @Test
    void aServerThatIsMetByAnyMemberIsNotLostThoughItsServiceIsSilent() {
        silent(old);
        acceptUnknown = true;
        fenced = "so they say";
        sightings.put("pg3", new Sighting(true, false, "it answers as primary"));

        assertThat(failures()).containsExactly("primary-is-lost");
    }

    @Test
    void aServerThatRefusesALoginIsThereToo() {
        sightings.put("pg2", new Sighting(true, false, "the database system is starting up"));

        assertThat(failures()).containsExactly("primary-is-lost");
    }

    @Test
    void aServerThatSaysThatItIsAStandbyIsNoPrimary() {
        sightings.put("pg2", new Sighting(true, true, "it answers as standby"));

        assertThat(failures()).isEmpty();
    }

    @Test
    void aCandidateThatDoesNotAnswerEndsTheChecks() {
        candidate.answers = false;

        assertThat(failures()).containsExactly("candidate-is-standby");
    }

    @Test
    void aSilentServiceWantsAWordThatTheServerIsFenced() {
        silent(old);
        acceptUnknown = true;

        assertThat(failures()).containsExactly("fence");
        fenced = "  ";
        assertThat(failures()).containsExactly("fence");
        fenced = "its plug is pulled";
        assertThat(failures()).isEmpty();
    }

    @Test
    void whoIsExcludedCannotFenceItself() {
        excluded.add("pg1");

        assertThat(failures()).containsExactly("fence");
    }

    @Test
    void anotherMemberThatIsSilentMustBeLeftOutInSoManyWords() {
        silent(third);

        assertThat(failures()).containsExactly("members-answer");
        excluded.add("pg3");
        assertThat(failures()).isEmpty();
        assertThat(warnings()).containsExactly("members-answer");
    }

    @Test
    void aLossThatIsMeasuredMustBeAcceptedToTheByte() {
        measured = new WalEnd("1", new Timeline(1), new Lsn(END + 100));

        assertThat(failures()).containsExactly("loss");
        assertThat(check("loss").detail()).contains("100 bytes", "measured");
        assertThat(check("loss").remedy()).contains("\"acceptLoss\": \"100\"");
        acceptLoss = 99L;
        assertThat(failures()).containsExactly("loss");
        acceptLoss = 100L;
        assertThat(failures()).isEmpty();
    }

    @Test
    void aLossThatIsOnlyKnownFromTheLastLookMustBeAcceptedThoughItIsNoByte() {
        measured = null;

        assertThat(failures()).containsExactly("loss");
        assertThat(check("loss").detail()).contains("0 bytes", "last known", NOW.toString());
        acceptLoss = 0L;
        assertThat(failures()).isEmpty();
    }

    @Test
    void aLossThatNobodyKnowsIsAcceptedByThatWordOnly() {
        measured = null;
        remembered = null;
        acceptLoss = Long.MAX_VALUE;

        assertThat(failures()).containsExactly("loss");
        assertThat(check("loss").remedy()).contains("\"acceptLoss\": \"unknown\"");
        acceptUnknown = true;
        assertThat(failures()).isEmpty();
    }

    @Test
    void whatAnotherStandbyHasOfItsWalThePrimaryHasWritten() {
        measured = null;
        third.lsn = END + 500;
        acceptLoss = 499L;

        assertThat(failures()).containsExactly("loss");
        assertThat(warnings()).containsExactly("most-advanced");
        acceptLoss = 500L;
        assertThat(failures()).isEmpty();
        assertThat(FailoverPlan.of(situation()).ahead()).containsExactly("pg3");
        assertThat(FailoverPlan.of(situation()).followers()).isEmpty();
    }

    @Test
    void whatWasSeenOnATimelineThatIsLeftBehindSaysNothing() {
        candidate.timeline = 2;
        third.timeline = 2;

        assertThat(failures()).containsExactly("loss");
        assertThat(situation().loss().basis()).isEqualTo(Loss.Basis.UNKNOWN);
    }

    @Test
    void aCandidateThatWouldBeginTheOldPrimarysTimelineOnceMoreIsRefused() {
        measured = new WalEnd("1", new Timeline(2), new Lsn(END + 100));
        acceptUnknown = true;

        assertThat(failures()).containsExactly("timeline");
    }

    @Test
    void aMemoryOfAnotherClusterDoesNotCount() {
        measured = null;
        remembered = new LastPrimary("pg1", "2", new Timeline(7), new Lsn(END), NOW);

        assertThat(situation().lastPrimary()).isEmpty();
        assertThat(situation().oldPrimary()).isEqualTo("pg1");
    }

    @Test
    void whereNobodyRemembersOneTheOnlySilentMemberIsTakenForThePrimary() {
        remembered = null;
        silent(old);

        assertThat(situation().oldPrimary()).isEqualTo("pg1");
        silent(third);
        assertThat(situation().oldPrimary()).isNull();
        acceptUnknown = true;
        assertThat(failures()).containsExactly("members-answer", "members-answer");
        assertThat(warnings()).containsExactly("old-primary");
    }

    @Test
    void aPausedReplayFails() {
        candidate.replayPaused = true;

        assertThat(failures()).containsExactly("replay");
    }

    @Test
    void aCandidateThatWouldTakeNoWritesFails() {
        candidate.settings.put("default_transaction_read_only", "on");

        assertThat(failures()).containsExactly("read-only");
    }

    @Test
    void tooFewSlotsFail() {
        candidate.settings.put("max_replication_slots", "1");

        assertThat(failures()).containsExactly("slots");
    }

    @Test
    void aStandbyWhoseServerIsDownIsPointedAndNotWaitedFor() {
        third.answers = false;

        assertThat(failures()).isEmpty();
        assertThat(warnings()).containsExactly("members-answer");
        assertThat(FailoverPlan.of(situation()).pointed()).containsExactly("pg3");
        assertThat(FailoverPlan.of(situation()).followers()).isEmpty();
    }

    @Test
    void synchronousNamesGetTheOldPrimaryInTheCandidatesPlace() {
        candidate.settings.put("synchronous_standby_names", "ANY 1 (pg2, pg3)");

        assertThat(FailoverPlan.of(situation()).synchronousAfter()).isEqualTo("ANY 1 (pg1, pg3)");
    }

    @Test
    void everyCheckThatDoesNotPassSaysWhatToDo() {
        silent(old);
        silent(third);
        candidate.replayPaused = true;
        measured = null;

        assertThat(checks())
                .filteredOn(check -> check.outcome() != Outcome.PASS)
                .hasSize(4)
                .allSatisfy(check -> assertThat(check.remedy()).isNotBlank());
    }

    private static void silent(One node) {
        node.answers = false;
        node.role = Role.UNKNOWN;
        node.state = "unknown";
    }

    private List<String> failures() {
        return named(Outcome.FAILURE);
    }

    private List<String> warnings() {
        return named(Outcome.WARNING);
    }

    private List<String> named(Outcome outcome) {
        return checks().stream()
                .filter(check -> check.outcome() == outcome)
                .map(Check::name)
                .toList();
    }

    private Check check(String name) {
        return checks().stream()
                .filter(check -> check.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private List<Check> checks() {
        return new Preflight(
                        situation(), new FailoverRequest("pg2", excluded, acceptLoss, acceptUnknown, fenced, 60_000))
                .checks();
    }

    private Situation situation() {
        var reports = new TreeMap<String, NodeReport>();
        List.of(old, candidate, third).forEach(node -> reports.put(node.name, node.report(remembered)));
        var addresses = Map.of("pg1", "10.0.0.1:5432", "pg2", "10.0.0.2:5432", "pg3", "10.0.0.3:5432");
        return new Situation(reports, "pg2", excluded, true, addresses, sightings, measured);
    }

    private static final class One {

        private final String name;
        private Role role;
        private String state;
        private boolean answers = true;
        private int timeline = 1;
        private long lsn = END;
        private boolean replayPaused;
        private final List<SlotState> slots = new ArrayList<>();
        private final Map<String, String> settings = new TreeMap<>(Map.of("max_replication_slots", "10"));

        One(String name, Role role, String state) {
            this.name = name;
            this.role = role;
            this.state = state;
        }

        NodeReport report(@Nullable LastPrimary remembered) {
            var seen = new NodeState(
                    name,
                    !answers ? Label.UNAVAILABLE : role == Role.STANDBY ? Label.READ_ONLY : Label.WRITABLE,
                    "a test",
                    role,
                    state,
                    "1",
                    new Timeline(timeline),
                    new Lsn(lsn),
                    new Lsn(lsn),
                    null,
                    false,
                    null,
                    replayPaused,
                    answers ? new ServerVersion(150018) : null,
                    null,
                    NOW);
            var server =
                    new Server(NOW, settings, List.of(), slots, List.of(), null, 0, List.of(), 0, Map.of(), null, null);
            return new NodeReport(seen, answers ? server : null, null, state.equals("unknown") ? null : remembered);
        }
    }
}

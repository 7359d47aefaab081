package dev.estafet.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.node.Label;
import dev.estafet.node.NodeReport;
import dev.estafet.node.NodeReport.Archiver;
import dev.estafet.node.NodeReport.Server;
import dev.estafet.node.NodeReport.SlotState;
import dev.estafet.node.NodeState;
import dev.estafet.node.Role;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.ServerVersion;
import dev.estafet.postgres.Timeline;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FindingsTest {

    private final TreeMap<String, NodeReport> reports = new TreeMap<>(Map.of(
            "pg1", report(state("pg1", Role.PRIMARY, 3)),
            "pg2", report(state("pg2", Role.STANDBY, 3))));

    @Test
    void aHealthyPairHasNone() {
        assertThat(names()).isEmpty();
    }

    @Test
    void twoPrimariesAreFound() {
        reports.put("pg2", report(state("pg2", Role.PRIMARY, 3)));

        assertThat(names()).containsExactly("two-primaries");
    }

    @Test
    void aMissingPrimaryIsFound() {
        reports.put("pg1", report(state("pg1", Role.STANDBY, 3)));

        assertThat(names()).containsExactly("no-primary");
    }

    @Test
    void aNodeOfAnotherClusterIsFound() {
        reports.put("pg2", report(state("pg2", Role.STANDBY, 3, "2", true, null)));

        assertThat(names()).containsExactly("different-clusters");
    }

    @Test
    void aStandbyAheadOfThePrimarysTimelineIsFound() {
        reports.put("pg2", report(state("pg2", Role.STANDBY, 4)));

        assertThat(names()).containsExactly("forked-timeline");
    }

    @Test
    void aStandbyThatDoesNotStreamIsFound() {
        reports.put("pg2", report(state("pg2", Role.STANDBY, 3, "1", false, null)));

        assertThat(names()).containsExactly("not-streaming");
    }

    @Test
    void aServerThatIsDownIsFound() {
        reports.put("pg2", down("pg2", null));

        assertThat(names()).containsExactly("unavailable");
    }

    @Test
    void aServerThatAnOperationStoppedIsToldWithTheOperation() {
        reports.put("pg1", down("pg1", "pg2-1"));

        assertThat(names()).containsExactly("no-primary", "held-by-operation");
        assertThat(Findings.in(reports).getLast().remedy()).contains("/operations/pg2-1");
    }

    @Test
    void aSlotThatNobodyUsesIsFoundWithWhatItKeeps() {
        var slot = new SlotState("left", "physical", false, null, Lsn.parse("0/1000000"), 3L << 20, null, null, null);
        reports.put("pg1", new NodeReport(state("pg1", Role.PRIMARY, 3), server(List.of(slot), null, List.of())));

        assertThat(Findings.in(reports))
                .singleElement()
                .satisfies(finding -> assertThat(finding.detail()).contains("left", "3.0 MB"));
    }

    @Test
    void failingArchivingIsFound() {
        var archiver = new Archiver(4, true, "000000030000000000000007", null);
        reports.put("pg1", new NodeReport(state("pg1", Role.PRIMARY, 3), server(List.of(), archiver, List.of())));

        assertThat(names()).containsExactly("archiving-fails");
    }

    @Test
    void settingsThatWaitForARestartAreFound() {
        reports.put(
                "pg2",
                new NodeReport(state("pg2", Role.STANDBY, 3), server(List.of(), null, List.of("shared_buffers"))));

        assertThat(names()).containsExactly("pending-restart");
    }

    @Test
    void commitsThatWaitForAStandbyThatIsGoneAreFound() {
        var waiting = new Server(
                Instant.now(),
                Map.of("synchronous_standby_names", "FIRST 1 (pg2)"),
                List.of(),
                List.of(),
                List.of(),
                null,
                0,
                List.of(),
                0,
                Map.of(),
                null,
                null);
        reports.put("pg1", new NodeReport(state("pg1", Role.PRIMARY, 3), waiting));

        assertThat(names()).containsExactly("commits-wait");
    }

    private List<String> names() {
        return Findings.in(reports).stream().map(Finding::name).toList();
    }

    private static NodeReport report(NodeState state) {
        return new NodeReport(state, server(List.of(), null, List.of()));
    }

    private static NodeReport down(String name, @Nullable String operation) {
        var state = new NodeState(
                name,
                Label.UNAVAILABLE,
                "it is down",
                Role.PRIMARY,
                "shut down",
                "1",
                new Timeline(3),
                null,
                null,
                null,
                false,
                null,
                false,
                null,
                operation,
                Instant.now());
        return new NodeReport(state, null);
    }

    private static NodeState state(String name, Role role, int timeline) {
        return state(name, role, timeline, "1", role == Role.STANDBY, null);
    }

    private static NodeState state(
            String name, Role role, int timeline, String identity, boolean streaming, @Nullable String operation) {
        return new NodeState(
                name,
                role == Role.PRIMARY ? Label.WRITABLE : Label.READ_ONLY,
                "a test",
                role,
                "running",
                identity,
                new Timeline(timeline),
                Lsn.parse("0/1000000"),
                null,
                null,
                streaming,
                null,
                false,
                new ServerVersion(150018),
                operation,
                Instant.now());
    }

    private static Server server(List<SlotState> slots, @Nullable Archiver archiver, List<String> pendingRestart) {
        return new Server(
                Instant.now(),
                Map.of(),
                pendingRestart,
                slots,
                List.of(),
                archiver,
                0,
                List.of(),
                0,
                Map.of(),
                null,
                null);
    }
}

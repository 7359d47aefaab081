package dev.estafet.cluster;

import dev.estafet.node.NodeReport;
import dev.estafet.node.NodeReport.Sender;
import dev.estafet.node.NodeReport.Server;
import dev.estafet.node.NodeReport.SlotState;
import dev.estafet.node.NodeState;
import dev.estafet.node.Role;
import dev.estafet.node.RoleSettings;
import dev.estafet.postgres.ByteSize;
import dev.estafet.postgres.SynchronousStandbyNames;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** Finds what is wrong in a cluster from its members' reports; nothing but a function of them. */
public final class Findings {

    private final SequencedMap<String, NodeReport> reports;
    private final List<Finding> found = new ArrayList<>();

    private Findings(SequencedMap<String, NodeReport> reports) {
        this.reports = reports;
    }

    /** Everything that a person should look at, what concerns the whole cluster first. */
    public static List<Finding> in(SequencedMap<String, NodeReport> reports) {
        var findings = new Findings(reports);
        findings.primaries();
        findings.identity();
        reports.forEach((name, report) -> {
            findings.state(name, report.state());
            report.troubles().forEach(it -> findings.add(it.name(), name, it.detail(), it.remedy()));
            report.running().ifPresent(server -> findings.server(name, report.state(), server));
        });
        return List.copyOf(findings.found);
    }

    private void primaries() {
        var primaries = primaryStates();
        if (primaries.size() > 1) {
            add(
                    "two-primaries",
                    null,
                    "More than one server runs as primary: "
                            + String.join(
                                    ", ",
                                    primaries.stream().map(NodeState::node).toList()),
                    "Stop all but the one with the right data at once; then POST /setup with replaceData for the others.");
        } else if (primaries.isEmpty()) {
            add(
                    "no-primary",
                    null,
                    "No server runs as primary.",
                    "Start the primary, or see what its operation waits for; if it is lost, POST /promote with mode failover.");
        }
    }

    private void identity() {
        var identities = reports.values().stream()
                .map(report -> report.state().systemIdentifier())
                .filter(Objects::nonNull)
                .distinct()
                .toList();
        if (identities.size() > 1) {
            add(
                    "different-clusters",
                    null,
                    "The members hold different database clusters: system identifiers " + String.join(", ", identities),
                    "Make standbys of those that do not belong to the primary with POST /setup and replaceData.");
        }
        var newest = primaryStates().stream()
                .map(NodeState::timeline)
                .filter(Objects::nonNull)
                .max(Comparator.naturalOrder());
        newest.ifPresent(primary -> reports.values().stream()
                .map(NodeReport::state)
                .filter(state -> state.timeline() != null && state.timeline().isAfter(primary))
                .forEach(state -> add(
                        "forked-timeline",
                        state.node(),
                        "%s is on timeline %s, the primary on the older %s."
                                .formatted(state.node(), state.timeline(), primary),
                        "Somebody was promoted there: find out which server has the right data.")));
    }

    private void state(String name, NodeState state) {
        if (!state.isReadable()) {
            unavailable(name, state);
        } else if (state.role() == Role.STANDBY && !state.streaming()) {
            add(
                    "not-streaming",
                    name,
                    "%s does not stream.".formatted(name),
                    "Look into its log; check primary_conninfo, its slot and pg_hba.conf on the primary.");
        }
        if (state.drained()) {
            add(
                    "drained",
                    name,
                    "%s is drained for maintenance: reads are kept away from it.".formatted(name),
                    "Once that is over: POST /nodes/%s/undrain.".formatted(name));
        }
        if (state.replayPaused()) {
            add(
                    "replay-paused",
                    name,
                    "Replay is paused on %s.".formatted(name),
                    "Run select pg_wal_replay_resume() there.");
        }
    }

    /** A server that an operation has stopped is told apart: it is the operation that has to be looked at. */
    private void unavailable(String name, NodeState state) {
        var operation = state.operation();
        if (operation == null) {
            add(
                    "unavailable",
                    name,
                    "%s is unavailable: %s".formatted(name, state.reason()),
                    "Look at its service and at its server's log.");
            return;
        }
        add(
                "held-by-operation",
                name,
                "%s is unavailable, and operation %s, which it takes part in, has not ended: %s"
                        .formatted(name, operation, state.reason()),
                ("GET /operations/%1$s tells what it waits for. If its driver is gone for good, or has lost its journal, find"
                                + " out whether the candidate was promoted, and say so with POST /nodes/%2$s/settlement.")
                        .formatted(operation, name));
    }

    private void server(String name, NodeState state, Server server) {
        server.slots().stream().filter(slot -> !slot.active()).forEach(slot -> idleSlot(name, slot));
        var archiver = server.archiver();
        if (state.role() == Role.PRIMARY && archiver != null && archiver.failing()) {
            add(
                    "archiving-fails",
                    name,
                    "Archiving fails on %s, last with %s; %d files wait."
                            .formatted(name, archiver.lastFailedFile(), archiver.waiting()),
                    "Mend archive_command; the server's log has its messages.");
        }
        if (state.role() == Role.PRIMARY) {
            synchronousStandbys(name, server);
        }
        if (!server.pendingRestart().isEmpty()) {
            add(
                    "pending-restart",
                    name,
                    "Settings wait for a restart of %s: %s."
                            .formatted(name, String.join(", ", server.pendingRestart())),
                    "Restart it when its clients can bear that.");
        }
    }

    private void synchronousStandbys(String name, Server server) {
        var names = new SynchronousStandbyNames(server.setting(RoleSettings.SYNCHRONOUS_STANDBY_NAMES));
        var streaming = server.senders().stream()
                .filter(it -> it.state().equals("streaming"))
                .map(Sender::applicationName)
                .toList();
        if (!names.isSatisfiedBy(streaming)) {
            add(
                    "commits-wait",
                    name,
                    "%s is %s on %s, and too few of these stream: commits hang."
                            .formatted(RoleSettings.SYNCHRONOUS_STANDBY_NAMES, names, name),
                    "Bring the standbys back, or set the parameter by ALTER SYSTEM and reload.");
        }
    }

    private void idleSlot(String name, SlotState slot) {
        var retained = slot.retainedBytes();
        add(
                "slot-inactive",
                name,
                "Slot %s on %s is used by nobody and keeps %s of WAL."
                        .formatted(slot.name(), name, retained == null ? "no" : ByteSize.format(retained)),
                "Bring its standby back, or drop it with select pg_drop_replication_slot('%s')."
                        .formatted(slot.name()));
    }

    private List<NodeState> primaryStates() {
        return reports.entrySet().stream()
                .map(Map.Entry::getValue)
                .map(NodeReport::state)
                .filter(NodeState::isRunningPrimary)
                .toList();
    }

    private void add(String name, @Nullable String node, String detail, String remedy) {
        found.add(new Finding(name, node, detail, remedy));
    }
}

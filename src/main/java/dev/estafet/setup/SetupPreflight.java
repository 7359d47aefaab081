package dev.estafet.setup;

import static dev.estafet.operation.Check.failure;
import static dev.estafet.operation.Check.pass;
import static dev.estafet.operation.Check.warning;

import dev.estafet.EstafetConfig;
import dev.estafet.Problem.Kind;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.node.Node;
import dev.estafet.node.NodeReport;
import dev.estafet.node.NodeState;
import dev.estafet.node.Preparation;
import dev.estafet.operation.Check;
import dev.estafet.operation.CopyChecks;
import dev.estafet.postgres.DataDirectory;
import dev.estafet.postgres.Installation;
import dev.estafet.postgres.PgCtl;
import dev.estafet.postgres.Slot;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** What must hold before a standby is made, and what is found out on the way; changes nothing. Runs on the future standby. */
@Singleton
final class SetupPreflight {

    private final EstafetConfig config;
    private final Cluster cluster;
    private final ClusterView view;
    private final Installation installation;
    private final DataDirectory dataDirectory;
    private final CopyChecks copyChecks;
    private final PgCtl pgCtl;

    SetupPreflight(
            EstafetConfig config,
            Cluster cluster,
            ClusterView view,
            Installation installation,
            DataDirectory dataDirectory,
            CopyChecks copyChecks,
            PgCtl pgCtl) {
        this.config = config;
        this.cluster = cluster;
        this.view = view;
        this.installation = installation;
        this.dataDirectory = dataDirectory;
        this.copyChecks = copyChecks;
        this.pgCtl = pgCtl;
    }

    /**
     * The outcome.
     *
     * @param facts absent where there is not exactly one primary
     * @param preparation what the primary needs; absent like that
     * @param bytes to be copied
     */
    record Findings(
            List<Check> checks,
            @Nullable SetupFacts facts,
            @Nullable Preparation preparation,
            long bytes) {}

    Findings look(SetupRequest request, String operation) {
        var reports = view.reports();
        var checks = new ArrayList<Check>();
        var primary = primary(request, reports, checks);
        if (primary.isEmpty()) {
            return new Findings(checks, null, null, 0);
        }
        var source = Objects.requireNonNull(reports.get(primary.get()));
        var own = Objects.requireNonNull(reports.get(cluster.self()));
        var streams = streamsFrom(source.state(), own.state());
        var preparation = cluster.ask(primary.get(), Node::preparation);
        var inventory = cluster.ask(primary.get(), Node::inventory);
        checks.add(copyChecks.version(Objects.requireNonNull(source.state().version())));
        checks.add(replicationPassword(preparation, primary.get()));
        checks.add(restart(preparation, primary.get()));
        if (streams) {
            checks.add(pass("data-directory", "It streams from %s already.".formatted(primary.get())));
        } else {
            checks.add(noStandbysOfItsOwn(own));
            checks.add(dataDirectory(request, operation));
            checks.addAll(copyChecks.of(inventory));
        }
        var setAside = streams || installation.isEmpty()
                ? null
                : dataDirectory.asideFor(operation).toString();
        var facts = new SetupFacts(primary.get(), streams, pgCtl.isRunning(), setAside, Slot.of(cluster.self()));
        return new Findings(checks, facts, preparation, inventory.bytes());
    }

    /** The future standby's own server may run as a primary of its own: that is data to be replaced, not a rival. */
    private Optional<String> primary(
            SetupRequest request, SequencedMap<String, NodeReport> reports, List<Check> checks) {
        var primaries = reports.entrySet().stream()
                .filter(entry -> !entry.getKey().equals(cluster.self()))
                .filter(entry -> entry.getValue().state().isRunningPrimary())
                .map(Map.Entry::getKey)
                .filter(name -> request.primary() == null || request.primary().equals(name))
                .toList();
        if (primaries.size() == 1) {
            checks.add(pass("one-primary", primaries.getFirst() + " is the primary."));
            return Optional.of(primaries.getFirst());
        }
        checks.add(
                primaries.isEmpty()
                        ? noPrimary(reports)
                        : failure(
                                "one-primary",
                                "More than one server runs as primary: %s.".formatted(String.join(", ", primaries)),
                                "Name the one with the right data as primary in the request."));
        return Optional.empty();
    }

    private Check noPrimary(SequencedMap<String, NodeReport> reports) {
        var why = reports.entrySet().stream()
                .filter(entry -> !entry.getKey().equals(cluster.self()))
                .map(entry -> "%s is %s: %s"
                        .formatted(
                                entry.getKey(),
                                entry.getValue().state().label(),
                                entry.getValue().state().reason()))
                .toList();
        var kind = cluster.peers().stream().anyMatch(view::isReachable) ? Kind.NOT_READY : Kind.PEER_UNREACHABLE;
        return failure(
                "one-primary",
                kind,
                "No other member's server runs as primary: " + String.join("; ", why),
                "Start the primary's server and its service first.");
    }

    private static boolean streamsFrom(NodeState primary, NodeState standby) {
        return standby.streaming() && Objects.equals(standby.systemIdentifier(), primary.systemIdentifier());
    }

    private Check replicationPassword(Preparation preparation, String primary) {
        return preparation.otherPassword()
                ? failure(
                        "replication-password",
                        "The role %s exists on %s with another password than the configured one."
                                .formatted(config.replication().user(), primary),
                        "Set estafet.replication.password on every node to the role's, or change the role's with ALTER"
                                + " ROLE; other standbys may be using it.")
                : pass("replication-password", "The replication role is free to be made, or fits.");
    }

    private static Check restart(Preparation preparation, String primary) {
        return preparation.needRestart().isEmpty()
                ? pass("primary-restart", "The primary need not be restarted.")
                : warning(
                        "primary-restart",
                        "%s will be restarted once, for %s."
                                .formatted(primary, String.join(", ", preparation.needRestart())),
                        "Call setup at a time when its clients can bear that.");
    }

    private Check noStandbysOfItsOwn(NodeReport own) {
        var standbys = own.running()
                .map(server -> server.senders().stream()
                        .map(NodeReport.Sender::applicationName)
                        .toList())
                .orElse(List.of());
        return standbys.isEmpty()
                ? pass("no-standbys", "Nobody streams from %s.".formatted(cluster.self()))
                : failure(
                        "no-standbys",
                        "%s has standbys of its own: %s.".formatted(cluster.self(), String.join(", ", standbys)),
                        "Check that you named the right member; stop its standbys first.");
    }

    private Check dataDirectory(SetupRequest request, String operation) {
        if (installation.isEmpty()) {
            return pass("data-directory", "%s is empty.".formatted(installation.data()));
        }
        return request.replaceData()
                ? pass(
                        "data-directory",
                        "%s holds data and will be kept as %s."
                                .formatted(installation.data(), dataDirectory.asideFor(operation)))
                : failure(
                        "data-directory",
                        "%s on %s holds data of its own.".formatted(installation.data(), cluster.self()),
                        "Say replaceData: true to have it set aside (renamed, not deleted) and replaced by a copy of the"
                                + " primary.");
    }
}

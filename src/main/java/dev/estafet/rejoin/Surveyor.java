package dev.estafet.rejoin;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.node.History;
import dev.estafet.node.Node;
import dev.estafet.node.NodeReport;
import dev.estafet.node.NodeState;
import dev.estafet.node.Prober;
import dev.estafet.node.Role;
import dev.estafet.postgres.DataDirectory;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.Installation;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.PgControlData;
import dev.estafet.postgres.PgCtl;
import dev.estafet.postgres.PgRewind;
import dev.estafet.postgres.PgRewind.Checkpoint;
import dev.estafet.postgres.PgWalDump;
import dev.estafet.postgres.Timeline;
import dev.estafet.postgres.TimelineHistory;
import dev.estafet.postgres.WalFiles;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds out what this node's server has and whom it could follow; changes nothing. */
@Singleton
final class Surveyor {

    private final Cluster cluster;
    private final ClusterView view;
    private final Prober prober;
    private final Installation installation;
    private final DataDirectory dataDirectory;
    private final PgCtl pgCtl;
    private final PgWalDump walDump;
    private final PgRewind rewind;
    private final Database database;

    Surveyor(
            Cluster cluster,
            ClusterView view,
            Prober prober,
            Installation installation,
            DataDirectory dataDirectory,
            PgCtl pgCtl,
            PgWalDump walDump,
            PgRewind rewind,
            Database database) {
        this.cluster = cluster;
        this.view = view;
        this.prober = prober;
        this.installation = installation;
        this.dataDirectory = dataDirectory;
        this.pgCtl = pgCtl;
        this.walDump = walDump;
        this.rewind = rewind;
        this.database = database;
    }

    /**
     * Both sides.
     *
     * @param own absent where the data directory holds no cluster
     */
    record Situation(
            NodeReport primary, History history, @Nullable OwnServer own) {

        Comparison comparison() {
            return Comparison.of(own, history);
        }
    }

    /** Looks at both sides afresh. */
    Situation situation() {
        var primary = primary();
        var history = cluster.ask(primary.state().node(), Node::history);
        return new Situation(primary, history, own().orElse(null));
    }

    /**
     * The other member that is the primary. Who runs as primary himself gives way only to one that is writable on a newer
     * timeline of the same cluster.
     */
    NodeReport primary() {
        view.look();
        var own = ownState();
        var primaries = cluster.peers().stream()
                .map(view::state)
                .filter(NodeState::isRunningPrimary)
                .toList();
        var chosen = primaries.size() == 1 ? primaries : writable(primaries);
        if (chosen.size() != 1) {
            throw notReady(
                    primaries.isEmpty()
                            ? "No other member's server runs as primary."
                            : "It is not clear which member is the primary.",
                    "See GET /status: one member must be writable, and its service must answer.");
        }
        var primary = cluster.askBriefly(chosen.getFirst().node(), Node::report);
        if (own.isRunningPrimary() && !mustGiveWay(own, primary.state())) {
            throw notReady(
                    "%s runs as primary itself, and %s is not writable on a newer timeline of the same cluster."
                            .formatted(cluster.self(), primary.state().node()),
                    "To change roles, POST /promote. Where this server's data is the wrong one, stop it first.");
        }
        if (!own.isReadable() && own.role() == Role.PRIMARY && pgCtl.isRunning()) {
            throw notReady(
                    "%s runs, and does not answer yet whether as primary.".formatted(cluster.self()),
                    "Wait until it answers, or stop it.");
        }
        return primary;
    }

    /** A server that does not run is not asked: it takes seconds until that is answered. */
    private NodeState ownState() {
        return pgCtl.isRunning() ? prober.probe() : prober.current();
    }

    private static List<NodeState> writable(List<NodeState> primaries) {
        return primaries.stream().filter(NodeState::isWritable).toList();
    }

    /** Whether a running primary has lost its place to that peer, by the peer's own fresh word. */
    static boolean mustGiveWay(NodeState own, NodeState peer) {
        return !own.isWritable() && peer.isWritable() && ClusterView.isNewerPrimary(peer, own);
    }

    /** What this node's server has. */
    Optional<OwnServer> own() {
        return PgControlData.read(installation.data()).map(control -> {
            var runs = pgCtl.isRunning();
            var state = ownState();
            var timeline = state.timeline();
            return runs && state.isReadable() && timeline != null
                    ? running(control, state, timeline)
                    : stopped(control, runs);
        });
    }

    private OwnServer running(PgControlData control, NodeState state, Timeline timeline) {
        return new OwnServer(
                true,
                state.isRunningPrimary(),
                dataDirectory.isClosed(),
                control,
                timeline,
                history(timeline).orElse(null),
                state.lsn(),
                !database.text(Database.SHORTLY, "select current_setting('restore_command')")
                        .isBlank());
    }

    private OwnServer stopped(PgControlData control, boolean runs) {
        var wal = WalFiles.of(installation.data(), control);
        var timeline = wal.newestTimeline(control);
        var history = history(timeline);
        return new OwnServer(
                runs,
                control.wasPrimary() && !installation.isFreshCopy(),
                dataDirectory.isClosed(),
                control,
                timeline,
                history.orElse(null),
                history.flatMap(it -> walDump.endOfWal(wal, control, it)).orElse(null),
                rewind.hasRestoreCommand());
    }

    /** From where a server that is rewound to before that checkpoint will need WAL. */
    Optional<Lsn> redo(OwnServer own, Checkpoint checkpoint) {
        return walDump.redo(WalFiles.of(installation.data(), own.control()), checkpoint);
    }

    private Optional<TimelineHistory> history(Timeline timeline) {
        return TimelineHistory.read(installation.data(), timeline);
    }

    private static RuntimeException notReady(String detail, String remedy) {
        return new Problem(Kind.NOT_READY, detail, remedy).raised();
    }
}

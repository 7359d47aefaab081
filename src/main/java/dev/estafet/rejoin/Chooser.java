package dev.estafet.rejoin;

import dev.estafet.EstafetConfig;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.cluster.Cluster;
import dev.estafet.node.Node;
import dev.estafet.node.NodeReport;
import dev.estafet.operation.Check;
import dev.estafet.operation.CopyChecks;
import dev.estafet.postgres.DataDirectory;
import dev.estafet.postgres.PgCtl;
import dev.estafet.postgres.PgRewind;
import dev.estafet.postgres.PgRewind.Checkpoint;
import dev.estafet.rejoin.Comparison.Fork;
import dev.estafet.rejoin.Surveyor.Situation;
import jakarta.inject.Singleton;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Chooses the way for a server that is stopped: the one that follows from both histories, unless its rehearsal shows that it
 * cannot be gone. After this nothing is left that could have been known before.
 */
@Singleton
final class Chooser {

    private final EstafetConfig config;
    private final Cluster cluster;
    private final Surveyor surveyor;
    private final ForkedBranches branches;
    private final CopyChecks copyChecks;
    private final DataDirectory dataDirectory;
    private final PgCtl pgCtl;
    private final PgRewind rewind;

    Chooser(
            EstafetConfig config,
            Cluster cluster,
            Surveyor surveyor,
            ForkedBranches branches,
            CopyChecks copyChecks,
            DataDirectory dataDirectory,
            PgCtl pgCtl,
            PgRewind rewind) {
        this.config = config;
        this.cluster = cluster;
        this.surveyor = surveyor;
        this.branches = branches;
        this.copyChecks = copyChecks;
        this.dataDirectory = dataDirectory;
        this.pgCtl = pgCtl;
        this.rewind = rewind;
    }

    /** The mildest way that can be gone and may be. */
    Comparison choose(String operation, Way farthest, Situation situation) {
        var comparison = situation.comparison();
        var chosen = comparison.way() == Way.REWIND ? rehearsed(operation, comparison, situation) : comparison;
        requireAllowed(chosen, farthest);
        switch (chosen.way()) {
            case STRAIGHT -> {}
            case REWIND -> branches.requireRoom(own(situation), fork(chosen));
            case CLONE -> requireCopyable(situation.primary());
        }
        return chosen;
    }

    void requireAllowed(Comparison comparison, Way farthest) {
        if (comparison.way().compareTo(farthest) > 0) {
            throw Rejoins.refusal(cluster.self(), dataDirectory.isClosed(), comparison)
                    .raised();
        }
    }

    private Comparison rehearsed(String operation, Comparison comparison, Situation situation) {
        if (own(situation).hasAppliedNothingAfter(fork(comparison).point())) {
            return comparison;
        }
        if (!own(situation).control().isCleanlyShutDown()) {
            pgCtl.recoverApart(config.timeOuts().rewind());
        }
        var primary = situation.primary().state().node();
        // Before 16 pg_rewind goes by the primary's control file, which tells of a promotion only after a checkpoint.
        cluster.ask(primary, config.timeOuts().longest(), node -> node.checkpoint(operation));
        try {
            return rewind.rehearse(cluster.member(primary))
                    .map(checkpoint -> withWal(operation, comparison, situation, checkpoint))
                    .orElseGet(() -> new Comparison(Way.STRAIGHT, "pg_rewind finds nothing to take back.", null));
        } catch (ProblemException impossible) {
            if (impossible.problem().kind() != Kind.COMMAND_FAILED) {
                throw impossible;
            }
            return comparison.orCopy(
                    "It cannot be rewound: " + impossible.problem().detail());
        }
    }

    /** Up to the fork WAL is also here, and is kept over the rewind; from there on only the primary has it. */
    private Comparison withWal(String operation, Comparison comparison, Situation situation, Checkpoint checkpoint) {
        var fork = fork(comparison);
        var oldest = situation.history().oldest();
        if (own(situation).hasRestoreCommand()) {
            return comparison;
        }
        if (oldest.isAfter(fork.point())) {
            return comparison.orCopy("The primary's WAL begins at %s, which is after the fork.".formatted(oldest));
        }
        var redo = surveyor.redo(own(situation), checkpoint);
        if (redo.isPresent() && !oldest.isAfter(redo.get())) {
            return comparison;
        }
        return redo.isPresent() && branches.keepCommon(operation, own(situation), fork, redo.get())
                ? comparison
                : comparison.orCopy("The WAL from the checkpoint at %s up to the fork is on neither node any more."
                        .formatted(checkpoint.record()));
    }

    private void requireCopyable(NodeReport primary) {
        var checks = Stream.concat(
                        Stream.of(copyChecks.version(
                                Objects.requireNonNull(primary.state().version()))),
                        copyChecks.of(cluster.ask(primary.state().node(), Node::inventory)).stream())
                .toList();
        Check.problemIn(checks).ifPresent(problem -> {
            throw problem.raised();
        });
    }

    private static OwnServer own(Situation situation) {
        return Objects.requireNonNull(situation.own());
    }

    private static Fork fork(Comparison comparison) {
        return Objects.requireNonNull(comparison.fork());
    }
}

package dev.estafet.rejoin;

import dev.estafet.EstafetConfig;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.node.Fence;
import dev.estafet.node.Following;
import dev.estafet.node.Slots;
import dev.estafet.operation.FreshCopy;
import dev.estafet.operation.Operation.Kind;
import dev.estafet.operation.Phase;
import dev.estafet.operation.Procedure;
import dev.estafet.operation.Run;
import dev.estafet.postgres.DataDirectory;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.PgCtl;
import dev.estafet.postgres.PgRewind;
import dev.estafet.rejoin.Rejoin.Parts;
import jakarta.inject.Singleton;
import java.util.List;

/**
 * The transition table of a rejoin, to be read from top to bottom as a runbook. No row is a decision: nobody else depends on
 * it, and what cannot be undone, the rewind, is rehearsed before and keeps the server from starting until it is done.
 */
@Singleton
public final class RejoinProcedure implements Procedure<Rejoin> {

    static final List<Phase<Rejoin>> PHASES = List.of(
            Phase.of(
                    "enlist",
                    "This node and the primary give their word to take part in this operation and in no other",
                    Rejoin::enlist,
                    "both are released",
                    Rejoin::release),
            Phase.of("inspect", "What the server has is held against what the primary has", Rejoin::inspect),
            Phase.of(
                    "stop",
                    "The server is kept from starting as primary and stopped, unless it is a standby that can follow straight",
                    Rejoin::stop,
                    "a standby is started again",
                    Rejoin::startAgain),
            Phase.of(
                    "compare",
                    "With the end of its WAL known, the way is chosen: straight, rewind or clone; a rewind is rehearsed",
                    Rejoin::compare,
                    "a recovery that was begun for it is ended",
                    Rejoin::endRecovery),
            Phase.of("keep", "The WAL that lies past the fork is kept in the state directory", Rejoin::keep),
            Phase.of(
                    "rewind",
                    "The data is closed, rewound to before the fork, pointed at the primary and opened again",
                    Rejoin::rewind),
            Phase.of(
                    "set-aside",
                    "For a clone, the data directory is set aside, and an empty one made",
                    Rejoin::setAside,
                    "the copy is deleted, and the old data put back",
                    Rejoin::putBack),
            Phase.of(
                    "base-backup",
                    "For a clone, the primary is copied, with the WAL streamed along and a slot that keeps what follows",
                    Rejoin::baseBackup,
                    "the slot is dropped",
                    Rejoin::dropSlot),
            Phase.of(
                    "follow",
                    "The primary gets a slot for it, and the server is started, or told, to stream from there",
                    Rejoin::follow,
                    "a copy is stopped",
                    Rejoin::stopCopy),
            Phase.of("stream", "The server streams from the primary", Rejoin::stream),
            Phase.of("tidy", "Slots left from its time as primary are dropped", Rejoin::tidy),
            Phase.of("complete", "Both nodes are released from the operation", Rejoin::complete));

    private final Parts parts;

    RejoinProcedure(
            EstafetConfig config,
            Cluster cluster,
            ClusterView view,
            Surveyor surveyor,
            Fence fence,
            ForkedBranches branches,
            Chooser chooser,
            DataDirectory dataDirectory,
            FreshCopy copy,
            PgCtl pgCtl,
            PgRewind rewind,
            Following following,
            Slots slots,
            Database database) {
        parts = new Parts(
                config,
                cluster,
                view,
                surveyor,
                fence,
                branches,
                chooser,
                dataDirectory,
                copy,
                pgCtl,
                rewind,
                following,
                slots,
                database);
    }

    @Override
    public Kind kind() {
        return Kind.REJOIN;
    }

    @Override
    public List<Phase<Rejoin>> phases() {
        return PHASES;
    }

    @Override
    public void abandon(Rejoin rejoin) {
        rejoin.release();
    }

    @Override
    public Rejoin subject(Run run) {
        return new Rejoin(run, parts);
    }
}

package dev.estafet.setup;

import dev.estafet.EstafetConfig;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.node.Following;
import dev.estafet.node.Marker;
import dev.estafet.operation.FreshCopy;
import dev.estafet.operation.Operation.Kind;
import dev.estafet.operation.Phase;
import dev.estafet.operation.Procedure;
import dev.estafet.operation.Run;
import dev.estafet.postgres.DataDirectory;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.PgCtl;
import dev.estafet.setup.Setup.Parts;
import jakarta.inject.Singleton;
import java.util.List;

/** The transition table of a setup, to be read from top to bottom as a runbook. No row is a decision: all can be undone. */
@Singleton
public final class SetupProcedure implements Procedure<Setup> {

    static final List<Phase<Setup>> PHASES = List.of(
            Phase.of(
                    "enlist",
                    "Every node that answers gives its word to take part in this operation and in no other",
                    Setup::enlist,
                    "every node is released",
                    Setup::release),
            Phase.of("preflight", "All is checked that could make the setup fail", Setup::preflight),
            Phase.of(
                    "prepare-primary",
                    "The primary gets the settings, the role and the pg_hba.conf lines that replication needs",
                    Setup::preparePrimary),
            Phase.of(
                    "stop",
                    "The standby's server is stopped",
                    Setup::stop,
                    "it is started again, if it ran",
                    Setup::startAgain),
            Phase.of(
                    "set-aside",
                    "Its data directory is set aside, and an empty one made",
                    Setup::setAside,
                    "the copy is deleted, and the old data put back",
                    Setup::putBack),
            Phase.of(
                    "base-backup",
                    "The primary is copied, with the WAL streamed along and a slot that keeps what follows",
                    Setup::baseBackup,
                    "the slot is dropped",
                    Setup::dropSlot),
            Phase.of(
                    "start",
                    "Owner and mode are verified, and the copy is started as a standby",
                    Setup::start,
                    "it is stopped",
                    Setup::stopNewStandby),
            Phase.of("stream", "The standby streams from the primary", Setup::stream),
            Phase.of(
                    "verify",
                    "A row written on the primary arrives, the tables are the same, and the standby refuses a write",
                    Setup::verify),
            Phase.of("complete", "Every node is released from the operation", Setup::complete));

    private final Parts parts;

    SetupProcedure(
            EstafetConfig config,
            Cluster cluster,
            ClusterView view,
            SetupPreflight preflight,
            DataDirectory dataDirectory,
            FreshCopy copy,
            PgCtl pgCtl,
            Following following,
            Database database,
            Marker marker) {
        parts = new Parts(config, cluster, view, preflight, dataDirectory, copy, pgCtl, following, database, marker);
    }

    @Override
    public Kind kind() {
        return Kind.SETUP;
    }

    @Override
    public List<Phase<Setup>> phases() {
        return PHASES;
    }

    @Override
    public void abandon(Setup setup) {
        setup.release();
    }

    @Override
    public Setup subject(Run run) {
        return new Setup(run, parts);
    }
}

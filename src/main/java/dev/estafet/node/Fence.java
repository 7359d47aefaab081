package dev.estafet.node;

import dev.estafet.EstafetConfig;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.Installation;
import dev.estafet.postgres.PgCtl;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** Ends a primary whose place another node has taken. */
@Singleton
public final class Fence {

    private static final Logger LOG = Logger.getLogger(Fence.class);

    private final EstafetConfig.TimeOuts timeOuts;
    private final Installation installation;
    private final PgCtl pgCtl;
    private final Database database;
    private final Prober prober;

    Fence(EstafetConfig config, Installation installation, PgCtl pgCtl, Database database, Prober prober) {
        this.timeOuts = config.timeOuts();
        this.installation = installation;
        this.pgCtl = pgCtl;
        this.database = database;
        this.prober = prober;
    }

    /**
     * Stops the local server at once, without a checkpoint, so that nobody waits for it and it writes no more than it has.
     * Before that it is on disk that its next start, whoever starts it, is one as standby.
     */
    public void stopStalePrimary(String why) {
        LOG.errorf("The server runs as primary although %s, so it is stopped", why);
        keepFromStarting();
        pgCtl.stopImmediately(timeOuts.stop());
        database.forgetConnections();
        prober.probe();
    }

    /** Whoever starts the stopped server from now on gets a standby, unless somebody takes {@code standby.signal} away. */
    public void keepFromStarting() {
        if (!installation.isMarkedAsStandby()) {
            installation.markAsStandby();
        }
    }
}

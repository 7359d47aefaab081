package dev.estafet.node;

import dev.estafet.EstafetConfig;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.postgres.Await;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.Installation;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.PgControlData;
import dev.estafet.postgres.PgControlData.State;
import dev.estafet.postgres.PgCtl;
import dev.estafet.postgres.Timeline;
import dev.estafet.postgres.TimelineHistory;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Turns the local standby into the primary, and proves before that it has everything. */
@Singleton
public final class Promotion {

    private static final Logger LOG = Logger.getLogger(Promotion.class);

    private static final String REPLAYED = "select pg_last_wal_replay_lsn()";

    /**
     * Between the first two requests to promote; one that has come to nothing costs a write gap this much more. Each one
     * after it waits twice as long, since it takes from the server the time that the promotion needs.
     */
    private static final Duration PROMOTE_AGAIN = Duration.ofMillis(5);

    /** Between two reloads, each of which every process of the server has to read its configuration for. */
    private static final Duration RELOAD_AGAIN = Duration.ofMillis(20);

    private final Database database;
    private final Installation installation;
    private final PgCtl pgCtl;
    private final Prober prober;
    private final Duration startTimeOut;

    Promotion(EstafetConfig config, Database database, Installation installation, PgCtl pgCtl, Prober prober) {
        this.startTimeOut = config.timeOuts().start();
        this.pgCtl = pgCtl;
        this.database = database;
        this.installation = installation;
        this.prober = prober;
    }

    /**
     * Waits until this standby has replayed the whole shutdown-checkpoint record. What the control file names is the
     * record's start, so the replayed position must lie <em>strictly after</em> it: replay counts a record only once it
     * has been applied ({@code lastReplayedEndRecPtr}, {@code src/backend/access/transam/xlogrecovery.c}).
     *
     * <p>Where that does not come about at once, the startup process is woken: when the WAL receiver ends with the
     * primary, it sleeps what is left of {@code wal_retrieve_retry_interval} (5 s), although the last records are in
     * {@code pg_wal} already and need only be read ({@code WaitForWALToBecomeAvailable}, same file). A reload's signal
     * sets its latch.
     *
     * @return the replayed position; the timeline switch will be just there
     */
    public Lsn proveThatAllIsReplayed(Shutdown shutdown, Duration timeOut) {
        var wake = new Pace(RELOAD_AGAIN, RELOAD_AGAIN, 1);
        return Await.value(
                "the standby to replay past the primary's last record at " + shutdown.checkpoint(),
                timeOut,
                Await.QUICKLY,
                () -> {
                    var proven = Optional.of(database.lsn(Database.SHORTLY, REPLAYED))
                            .filter(replayed -> replayed.isAfter(shutdown.checkpoint()));
                    if (proven.isEmpty() && wake.isDue()) {
                        database.reloadConfiguration();
                    }
                    return proven;
                });
    }

    /** Goes the way of the promotion without doing it, outside the write gap. */
    public void rehearse() {
        database.execute(Database.SHORTLY, REPLAYED);
        database.isInRecovery();
        isThrough();
    }

    /**
     * Promotes; {@code pg_promote} and {@code pg_ctl} would themselves look only each 100 ms.
     *
     * <p>The request is repeated until the promotion is through: one that arrives just when the WAL receiver is being
     * restarted, as it is after the primary's stop, is noted, but then the startup process sleeps {@code
     * wal_retrieve_retry_interval} (5 s) before it acts on it ({@code WaitForWALToBecomeAvailable} in {@code
     * src/backend/access/transam/xlogrecovery.c}: the trigger counts as a failed source). The next request wakes it.
     */
    public void promote(Duration timeOut) {
        var request = new Pace(Duration.ZERO, PROMOTE_AGAIN, 2);
        Await.until("the promotion", timeOut, Await.QUICKLY, () -> {
            if (request.isDue()) {
                requestPromotion();
            }
            return isThrough();
        });
    }

    /** By the control file first: to ask the server each millisecond takes time from it that its promotion needs. */
    private boolean isThrough() {
        return PgControlData.says(installation.data(), State.IN_PRODUCTION) && !database.isInRecovery();
    }

    private void requestPromotion() {
        try {
            database.execute(Database.SHORTLY, "select pg_promote(false)");
        } catch (ProblemException failure) {
            // PostgreSQL refuses this once recovery has ended, as it may have since it was asked last.
            if (database.isInRecovery()) {
                throw failure;
            }
        }
    }

    /** From the decision on only this server can be the primary: where it has died, it is started, whoever killed it. */
    public void startIfDown() {
        if (!pgCtl.isRunning()) {
            LOG.warn("This server has died after it was decided to promote it, so it is started again");
            database.forgetConnections();
            pgCtl.start(startTimeOut);
            prober.probe();
        }
    }

    /** The state right after the promotion; the label must be {@link Label#WRITABLE}. */
    public NodeState requireWritable() {
        var state = prober.probe();
        if (!state.isWritable()) {
            throw new Problem(
                            Kind.NOT_PROVEN,
                            "The promoted server is not writable: " + state.reason() + ".",
                            "Look into its log and at its default_transaction_read_only.")
                    .raised();
        }
        return state;
    }

    /** Where {@code timeline} left its parent, by its history file. */
    public Lsn switchPoint(Timeline timeline) {
        return TimelineHistory.read(installation.data(), timeline)
                .flatMap(TimelineHistory::begin)
                .orElseThrow(() -> notProven(timeline.historyFile() + " is missing or makes no sense"));
    }

    /** Is due after a while, and then again and again, each time after so many times the interval before. */
    private static final class Pace {

        private final int growth;
        private Duration interval;
        private long next;

        Pace(Duration first, Duration interval, int growth) {
            this.interval = interval;
            this.growth = growth;
            next = System.nanoTime() + first.toNanos();
        }

        boolean isDue() {
            var due = System.nanoTime() - next >= 0;
            if (due) {
                next = System.nanoTime() + interval.toNanos();
                interval = interval.multipliedBy(growth);
            }
            return due;
        }
    }

    private static RuntimeException notProven(String why) {
        return new Problem(
                        Kind.NOT_PROVEN,
                        "It cannot be proven that nothing is lost: " + why + ".",
                        "Find out why before anything else is promoted.")
                .raised();
    }
}

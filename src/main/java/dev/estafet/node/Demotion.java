package dev.estafet.node;

import dev.estafet.EstafetConfig;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.node.Enlistment.Stage;
import dev.estafet.postgres.Await;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.Installation;
import dev.estafet.postgres.PgControlData;
import dev.estafet.postgres.PgControlData.State;
import dev.estafet.postgres.PgCtl;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Stops the primary so that another node can take over, and puts it back where that did not happen. */
@Singleton
final class Demotion {

    private static final Logger LOG = Logger.getLogger(Demotion.class);

    /** A checkpoint this short has left the next one next to nothing to write. */
    private static final Duration SHORT = Duration.ofMillis(100);

    private static final int MOST_CHECKPOINTS = 5;

    /** How long a stop that was begun may go on before it is cut short to get the primary back. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    /** A primary's WAL segment: its {@code size}, and how much of it is {@code used}. */
    private static final String SEGMENT = """
            (select setting::bigint, mod(pg_current_wal_insert_lsn() - '0/0', setting::bigint)
            from pg_settings where name = 'wal_segment_size') segment (size, used)
            """;

    /**
     * A new WAL segment is begun past this share of one, so that what others write until the stop ends before the last
     * quarter; with archiving on, where little is to be left of the old one, and it can be filled.
     */
    private static final String BEGIN_SEGMENT = """
            select count(pg_switch_wal()) from
            """ + SEGMENT + """
            where used > size * case
                when current_setting('archive_mode') = 'off' then 62
                when current_setting('wal_level') = 'logical' then 100
                else 94 end / 100""";

    /**
     * Messages of at most 1 MB, which mean nothing to replay, up to so many hundredths of the WAL segment. Where logical
     * decoding might show them to somebody, there are none.
     */
    private static final String FILL_SEGMENT = """
            select count(pg_logical_emit_message(false, 'estafet', repeat(' ', least(1048576, free - done)::int)))
            from (select size * %d / 100 - used from
            """ + SEGMENT + """
                where current_setting('archive_mode') <> 'off' and current_setting('wal_level') <> 'logical') rest (free),
                generate_series(0, free - 1, 1048576) done""";

    private final EstafetConfig.TimeOuts timeOuts;
    private final Installation installation;
    private final PgCtl pgCtl;
    private final Database database;
    private final Enlistments enlistments;
    private final Prober prober;
    private final Fence fence;

    Demotion(
            EstafetConfig config,
            Installation installation,
            PgCtl pgCtl,
            Database database,
            Enlistments enlistments,
            Prober prober,
            Fence fence) {
        this.timeOuts = config.timeOuts();
        this.installation = installation;
        this.pgCtl = pgCtl;
        this.database = database;
        this.enlistments = enlistments;
        this.prober = prober;
        this.fence = fence;
    }

    /** Goes the way of {@link #demote} without doing it, and returns what the control file says of a running server. */
    Shutdown rehearse() {
        var start = System.nanoTime();
        return lastWord(PgControlData.read(installation.data()).orElseThrow(), start);
    }

    /** Checkpoints until one is short. */
    String checkpoint() {
        pgCtl.isRunningByTool(); // The first process that this service starts takes longer than the one in the gap may.
        return checkpoints();
    }

    /**
     * Checkpoints as the last thing before a stop, and sees to it that the WAL ends where it costs the least time in the
     * write gap.
     *
     * <p>Where it ends in the last quarter of a segment, the promoted server makes the next one, writes it full of zeros and
     * syncs it before it lets anybody write ({@code PreallocXlogFiles}, called by {@code StartupXLOG}, in {@code
     * src/backend/access/transam/xlog.c}): so a new segment is begun before. With archiving on, the shutdown itself does
     * that, but all that is free in the old one is written as zeros, and sent to the standbys, within the gap ({@code
     * ShutdownXLOG}, same file): so it is filled before, first into the last quarter, where a checkpoint makes the next
     * segment, and then nearly to the end.
     *
     * @return whether the end was moved so that the candidate needs a checkpoint too, during which others write on
     */
    boolean lastCheckpoint() {
        var isMoved = isDone(BEGIN_SEGMENT) | isDone(FILL_SEGMENT.formatted(77));
        if (isMoved) {
            database.execute(timeOuts.checkpoint(), "checkpoint");
        } else {
            checkpoints();
            isDone(FILL_SEGMENT.formatted(94));
        }
        return isMoved;
    }

    private boolean isDone(String move) {
        return Integer.parseInt(database.text(timeOuts.checkpoint(), move)) > 0;
    }

    private String checkpoints() {
        for (int taken = 1; ; taken++) {
            var start = System.nanoTime();
            database.execute(timeOuts.checkpoint(), "checkpoint");
            var duration = Duration.ofNanos(System.nanoTime() - start);
            if (duration.compareTo(SHORT) < 0 || taken == MOST_CHECKPOINTS) {
                return "%d checkpoint%s, the last one took %d ms"
                        .formatted(taken, taken == 1 ? "" : "s", duration.toMillis());
            }
        }
    }

    /**
     * Before the stop begins it is on disk that the server's next start is one as standby: whoever starts it behind our
     * back, an operator or a boot, gets a server that takes no writes.
     */
    synchronized Shutdown demote(String operation, Duration timeOut) {
        enlistments.advance(operation, Stage.DEMOTED);
        prober.announce();
        installation.markAsStandby();
        var start = System.nanoTime();
        pgCtl.beginStop();
        var data = Await.value("the primary to shut down", timeOut, Await.QUICKLY, this::shutDown);
        return lastWord(data, start);
    }

    private static Shutdown lastWord(PgControlData data, long start) {
        return new Shutdown(
                data.systemIdentifier(), data.timeline(), data.checkpoint(), (System.nanoTime() - start) / 1e6);
    }

    /**
     * Keeps a server that is lost as primary from coming back as one, and ends what is left of it. One that would start as
     * standby needs none of that.
     *
     * @throws ProblemException of kind {@link Kind#NOT_READY} where it answers as primary: then it is not lost
     */
    synchronized void fence(String operation) {
        var isFenced = enlistments.require(operation).isFenced();
        if (!isFenced && isPrimaryAgain()) {
            throw new Problem(
                            Kind.NOT_READY,
                            "The server answers as primary, so it is not lost.",
                            "To change the roles while it works, switch over: POST /promote without mode.")
                    .raised();
        }
        if (!isFenced && installation.isMarkedAsStandby()) {
            return;
        }
        enlistments.advance(operation, Stage.FENCED);
        prober.announce();
        if (installation.holdsData()) {
            installation.markAsStandby();
        }
        pgCtl.endByForce(GRACE, timeOuts.stop());
        database.forgetConnections();
        prober.probe();
    }

    private Optional<PgControlData> shutDown() {
        return PgControlData.read(installation.data()).filter(it -> it.state() == State.SHUT_DOWN);
    }

    /**
     * Should the server run as primary all the same, as when somebody took {@code standby.signal} away and started it, it is
     * stopped. A beat of its own: it waits for no probe and for no peer that hangs.
     */
    @Scheduled(every = "${estafet.probe.interval:1s}", concurrentExecution = ConcurrentExecution.SKIP)
    @RunOnVirtualThread
    synchronized void keepDemoted() {
        enlistments.current().filter(Enlistment::isDemoted).ifPresent(enlistment -> {
            if (isPrimaryAgain()) {
                fence.stopStalePrimary("operation %s demoted it".formatted(enlistment.operation()));
            }
        });
    }

    synchronized void resume(String operation) {
        if (!enlistments.isIn(operation)) {
            return;
        }
        if (!enlistments.isDemotedIn(operation)) {
            enlistments.advance(operation, Stage.RESUMED);
            return;
        }
        installation.markAsPrimary();
        if (enlistments.require(operation).isFenced()) {
            // It was lost before: whether to start it is not ours to say.
            enlistments.advance(operation, Stage.RESUMED);
            prober.probe();
            return;
        }
        var deadline =
                System.nanoTime() + timeOuts.stop().plus(timeOuts.start()).toNanos();
        while (!isPrimaryAgain()) {
            if (System.nanoTime() > deadline) {
                throw new Problem(
                                Kind.TIMED_OUT,
                                "The old primary does not come back as primary.",
                                "Look into the server's log, start it by hand and repeat the call.")
                        .raised();
            }
            endOfStop();
            pgCtl.start(timeOuts.start());
        }
        enlistments.advance(operation, Stage.RESUMED);
        prober.probe();
    }

    /**
     * Lets the server follow the new primary. No demotion that is repeated stops it meanwhile or later; and the label is
     * looked up before the demotion no longer withholds it.
     *
     * @param following is told whether the server was demoted
     */
    synchronized void endBy(String operation, Consumer<Boolean> following) {
        following.accept(enlistments.require(operation).isDemoted());
        prober.probe();
        enlistments.advance(operation, Stage.FOLLOWING);
    }

    private boolean isPrimaryAgain() {
        try {
            return pgCtl.isRunning() && !database.isInRecovery();
        } catch (ProblemException notYet) {
            return false;
        }
    }

    /**
     * A fast stop cannot be called back; one that does not end is finished the hard way, recovery loses nothing. A server that
     * somebody has started meanwhile, and that is a primary in a moment, is welcome.
     */
    private void endOfStop() {
        database.forgetConnections();
        try {
            Await.until("the end of the stop", GRACE, Await.CALMLY, () -> !pgCtl.isRunning() || isPrimaryAgain());
        } catch (ProblemException stuck) {
            LOG.warn("The server's fast stop did not end, so it is stopped at once and recovers at its start");
            pgCtl.stopImmediately(timeOuts.stop());
        }
    }
}

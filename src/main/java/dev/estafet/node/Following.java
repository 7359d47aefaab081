package dev.estafet.node;

import dev.estafet.EstafetConfig;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.postgres.AutoConf;
import dev.estafet.postgres.Await;
import dev.estafet.postgres.ConnInfo;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.HbaFile;
import dev.estafet.postgres.Installation;
import dev.estafet.postgres.PassFile;
import dev.estafet.postgres.PgControlData;
import dev.estafet.postgres.PgCtl;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jboss.logging.Logger;

/**
 * Makes the local server a standby that streams from another member. {@code primary_conninfo} and {@code
 * primary_slot_name} take effect with a reload (manual, section 20.6.3), so a running standby is not restarted.
 */
@Singleton
public final class Following {

    private static final Logger LOG = Logger.getLogger(Following.class);

    private static final String STREAMS = "select exists (select from pg_stat_wal_receiver where status = 'streaming')";

    /** For so long a standby that does not stream yet is woken, each time after such a pause. */
    private static final Duration HURRY = Duration.ofSeconds(3);

    private static final Duration PAUSE = Duration.ofMillis(200);

    private final EstafetConfig config;
    private final Installation installation;
    private final PgCtl pgCtl;
    private final AutoConf autoConf;
    private final PassFile passFile;
    private final Database database;

    Following(
            EstafetConfig config,
            Installation installation,
            PgCtl pgCtl,
            AutoConf autoConf,
            PassFile passFile,
            Database database) {
        this.config = config;
        this.installation = installation;
        this.pgCtl = pgCtl;
        this.autoConf = autoConf;
        this.passFile = passFile;
        this.database = database;
    }

    /**
     * Follows from now on, or once it is started.
     *
     * <p>A standby that runs and does not answer, as one that starts, hangs or has no connection left, is not stopped for
     * that: the files and a reload tell it. Any other server that does not answer is on its way down, or has to be.
     *
     * @param start whether a stopped server is started; not one that somebody else has stopped
     */
    public void follow(Upstream upstream, boolean start) {
        if (pgCtl.isRunning() && isAnswering()) {
            pointRunningStandby(upstream);
            hurry();
            return;
        }
        pgCtl.endRecoveryApart(config.timeOuts().stop());
        var ran = pgCtl.isRunning();
        if (!isRunningStandby()) {
            endOfStop();
        }
        database.forgetConnections();
        if (installation.holdsData()) {
            pointStoppedServer(upstream);
        }
        if (pgCtl.isRunning()) {
            pgCtl.reload();
        } else if (start || ran) {
            pgCtl.start(config.timeOuts().start());
            hurry();
        }
    }

    /**
     * A standby that could not stream at its first try sleeps {@code wal_retrieve_retry_interval} (5 s) before the next one,
     * unless a reload wakes it ({@code WaitForWALToBecomeAvailable} in {@code src/backend/access/transam/xlogrecovery.c}).
     */
    private void hurry() {
        try {
            Await.until("the standby to stream", HURRY, PAUSE, () -> {
                var streams = database.isTrue(Database.SHORTLY, STREAMS);
                if (!streams) {
                    database.reloadConfiguration();
                }
                return streams;
            });
        } catch (ProblemException later) {
            LOG.infof("It does not stream yet, and tries on by itself: %s", later.getMessage());
        }
    }

    private boolean isRunningStandby() {
        return pgCtl.isRunning() && PgControlData.says(installation.data(), PgControlData.State.IN_ARCHIVE_RECOVERY);
    }

    /** Lets the members in for replication by this node's own {@code pg_hba.conf}: the roles will swap one day. */
    public void letMembersIn() {
        HbaFile.allow(installation.configuration().resolve("pg_hba.conf"), HbaFile.Access.of(config));
    }

    /** Writes into a stopped server's data directory that it is a standby, of whom, and where it listens itself. */
    public void pointStoppedServer(Upstream upstream) {
        var parameters = new TreeMap<>(parametersFor(upstream));
        parameters.put("port", Integer.toString(config.postgres().port()));
        parameters.put(
                "unix_socket_directories", config.postgres().socketDirectory().toString());
        autoConf.set(parameters);
        installation.markAsStandby();
    }

    /** Whether the running standby is told to stream from there already. */
    public boolean isPointedAt(Upstream upstream) {
        return parametersFor(upstream).entrySet().stream().allMatch(it -> isSet(it.getKey(), it.getValue()));
    }

    /** Whether the running standby has no upstream, as one that is fed by a {@code restore_command}. */
    public boolean isPointedAtNobody() {
        return isSet("primary_conninfo", "");
    }

    private boolean isSet(String parameter, String value) {
        return database.isTrue(Database.SHORTLY, "select current_setting(?) = ?", parameter, value);
    }

    private void pointRunningStandby(Upstream upstream) {
        if (!database.isInRecovery()) {
            throw new Problem(
                            Kind.NOT_READY,
                            "%s runs as primary and cannot just follow %s.".formatted(config.node(), upstream.member()),
                            "Switch over with POST /promote; a primary is demoted first.")
                    .raised();
        }
        parametersFor(upstream).forEach((name, value) -> {
            if (!isSet(name, value)) {
                database.alterSystem(name, value);
            }
        });
        database.reloadConfiguration();
    }

    private Map<String, String> parametersFor(Upstream upstream) {
        var member = Objects.requireNonNull(config.members().get(upstream.member()), upstream.member());
        var connInfo =
                ConnInfo.of(member.host(), member.port(), config.replication().user(), passFile.path(), config.node());
        return Map.of(
                "primary_conninfo",
                ConnInfo.to(config.postgres().database(), connInfo),
                "primary_slot_name",
                upstream.slot().name(),
                "recovery_target_timeline",
                "latest");
    }

    /** Whether the local server lets clients in. */
    public boolean isAnswering() {
        try {
            return database.isTrue(Database.SHORTLY, "select true");
        } catch (ProblemException stopped) {
            return false;
        }
    }

    /** The control file said {@code shut down}; what may still run is the archiver, which is given time to finish. */
    private void endOfStop() {
        var timeOuts = config.timeOuts();
        if (pgCtl.finishStop(timeOuts.archiver(), timeOuts.stop())) {
            LOG.warn("The old primary's archiver did not finish in time; what it left is archived by hand or lost to"
                    + " the archive");
        }
    }
}

package dev.estafet.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.EstafetConfig;
import dev.estafet.ProblemException;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.Installation;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.PgControlData;
import dev.estafet.postgres.PgControlData.State;
import dev.estafet.postgres.ServerVersion;
import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.event.Event;
import jakarta.inject.Singleton;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the local server, each interval and whenever an operation has changed something, and gives it its label.
 * {@link #current()} answers from memory.
 */
@Singleton
public final class Prober {

    private static final Logger LOG = Logger.getLogger(Prober.class);

    /** A label older than this many intervals counts as unavailable. */
    public static final int STALE_AFTER = 3;

    /** Probes that have not ended for this many times as long are stuck for good. */
    private static final int STUCK_AFTER = 10;

    /**
     * On a standby the received timeline counts, since the control file's follows only with the next restart point; without a
     * receiver, as when the primary is lost, the newest in {@code pg_wal}, where it has put what it received; on
     * a primary the one in the name of the WAL file being written, since a promotion switches it at once.
     */
    private static final String PROBE = """
            select json_build_object(
                'inRecovery', r.recovery,
                'readOnlyByDefault', current_setting('default_transaction_read_only')::boolean,
                'version', current_setting('server_version_num')::int,
                'systemIdentifier', (select system_identifier::text from pg_control_system()),
                'timeline', case when r.recovery
                    then greatest((select timeline_id from pg_control_checkpoint()), coalesce(w.received_tli, (
                        select max(('x' || substr(name, 1, 8))::bit(32)::int) from pg_ls_waldir()
                        where name ~ '^[0-9A-F]{24}$')))
                    else ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int end,
                'lsn', case when r.recovery
                    then greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) else pg_current_wal_lsn() end,
                'replayLsn', case when r.recovery then pg_last_wal_replay_lsn() end,
                'upstreamLsn', w.latest_end_lsn,
                'receiver', w.status,
                'upstream', w.sender_host || ':' || w.sender_port,
                'replayPaused', case when r.recovery then pg_is_wal_replay_paused() else false end,
                'replayDelay', case when pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()
                    then extract(epoch from now() - pg_last_xact_replay_timestamp()) else 0 end,
                'details', json_build_object(
                    'startedAt', pg_postmaster_start_time(),
                    'replayedAt', case when r.recovery then pg_last_xact_replay_timestamp() end,
                    'synchronousStates', case when not r.recovery then
                        (select json_object_agg(application_name, sync_state) from pg_stat_replication) end))
            from (select pg_is_in_recovery() as recovery) r left join pg_stat_wal_receiver w on true
            """;

    private static final String PENDING_RESTART = "select exists (select from pg_settings where pending_restart)::text";

    private final Database database;
    private final Installation installation;
    private final Enlistments enlistments;
    private final Drain drain;
    private final ObjectMapper json;
    private final String node;
    private final Duration timeOut;
    private final Duration staleAfter;
    private final ReentrantLock looking = new ReentrantLock();

    private final Event<LabelChanged> changes;

    private volatile Consumer<Duration> durations = duration -> {};
    private volatile Look last;
    /** Looked at each interval only: it takes PostgreSQL longer than all of a probe, which may be in a write gap. */
    private volatile boolean pendingRestart;
    /** Until the peers have been asked, any of them may be the primary: this node must not say that it is. */
    private volatile @Nullable String outrankedBy = "its service has just started and asks the other members";

    Prober(
            Database database,
            Installation installation,
            Enlistments enlistments,
            Drain drain,
            ObjectMapper json,
            EstafetConfig config,
            Event<LabelChanged> changes) {
        this.drain = drain;
        this.changes = changes;
        this.database = database;
        this.installation = installation;
        this.enlistments = enlistments;
        this.json = json;
        this.node = config.node();
        this.timeOut = config.probe().timeOut();
        this.staleAfter = config.probe().interval().multipliedBy(STALE_AFTER);
        this.last = new Look(unavailable("it has not been probed yet", "unknown"), System.nanoTime());
    }

    /**
     * What a probe saw.
     *
     * @param at when, by the clock that nobody sets: a label does not get younger because the time of day was put back
     */
    private record Look(NodeState seen, long at) {

        Duration age() {
            return Duration.ofNanos(System.nanoTime() - at);
        }
    }

    /** What {@link #PROBE} answers. */
    @RegisterForReflection
    record Answer(
            boolean inRecovery,
            boolean readOnlyByDefault,
            ServerVersion version,
            String systemIdentifier,
            Timeline timeline,
            @Nullable Lsn lsn,
            @Nullable Lsn replayLsn,
            @Nullable Lsn upstreamLsn,
            @Nullable String receiver,
            @Nullable String upstream,
            boolean replayPaused,
            @Nullable Double replayDelay,
            NodeState.Details details) {

        @Nullable
        Lag lag() {
            if (replayLsn == null || lsn == null) {
                return null;
            }
            var end = upstreamLsn != null && upstreamLsn.isAfter(lsn) ? upstreamLsn : lsn;
            return new Lag(Math.max(0, end.minus(replayLsn)), replayDelay == null ? 0 : replayDelay);
        }

        boolean isStreaming() {
            return "streaming".equals(receiver);
        }
    }

    /** The last observation, from memory; one that is too old is told as unavailable. */
    public NodeState current() {
        var look = last;
        var age = look.age();
        if (age.compareTo(staleAfter) > 0) {
            return look.seen().labelled(Label.UNAVAILABLE, "the last probe ended %d s ago".formatted(age.toSeconds()));
        }
        return withdrawn(look.seen());
    }

    @Scheduled(every = "${estafet.probe.interval:1s}", concurrentExecution = ConcurrentExecution.SKIP)
    @RunOnVirtualThread
    void probeRegularly() {
        if (probe().isReadable()) {
            lookForPendingRestart();
        }
    }

    private void lookForPendingRestart() {
        try {
            pendingRestart = Boolean.parseBoolean(database.text(timeOut, PENDING_RESTART));
        } catch (ProblemException goneMeanwhile) {
            LOG.debug("The server went away between two questions", goneMeanwhile);
        }
    }

    /** Looks now, and returns what was seen. */
    public NodeState probe() {
        looking.lock();
        try {
            var start = System.nanoTime();
            var seen = look().drained(drain.isOn());
            durations.accept(Duration.ofNanos(System.nanoTime() - start));
            var changed = seen.label() != last.seen().label();
            last = new Look(seen, System.nanoTime());
            if (changed) {
                announce();
            }
            return withdrawn(seen);
        } finally {
            looking.unlock();
        }
    }

    /** Tells from now on how long each look takes; called by the one who looks, so it must not wait. */
    public void tellDurations(Consumer<Duration> listener) {
        durations = listener;
    }

    /**
     * Whether the server runs as primary by a fresh probe, and neither a demotion nor a rival has taken that from it. It may
     * be read-only by its own settings all the same: that is what the label tells.
     */
    public boolean leads() {
        var state = current();
        return state.isReadable() && state.isRunningPrimary() && !isWithdrawn();
    }

    private boolean isWithdrawn() {
        return outrankedBy != null
                || enlistments.current().filter(Enlistment::isDemoted).isPresent();
    }

    /** Whether probes come to an end here, whatever they see. */
    public boolean isAlive() {
        return last.age().compareTo(staleAfter.multipliedBy(STUCK_AFTER)) < 0;
    }

    /** Keeps new reads away from this node from now on, or lets them come again, and tells everybody. */
    public void drain(Drain.@Nullable Order order) {
        looking.lock();
        try {
            drain.keep(order);
            last = new Look(last.seen().drained(drain.isOn()), last.at());
            announce();
        } finally {
            looking.unlock();
        }
    }

    /** Tells everybody the label as it is now, because it has changed. */
    void announce() {
        var state = current();
        LOG.infof("%s is %s: %s", node, state.label(), state.reason());
        changes.fire(new LabelChanged(state));
    }

    /** Told by the cluster: a peer is primary on a newer timeline, so this node must not be; or that no peer is. */
    public void outranked(@Nullable String by) {
        var before = current().label();
        outrankedBy = by;
        if (current().label() != before) {
            announce();
        }
    }

    /** Whether a running primary is denied its label because of what other members say. */
    public boolean isOutranked() {
        return outrankedBy != null;
    }

    /** A demotion's begin and a rival's sight count at once, before the next probe. */
    private NodeState withdrawn(NodeState state) {
        if (!state.isWritable()) {
            return state;
        }
        var demotion = enlistments.current().filter(Enlistment::isDemoted);
        if (demotion.isPresent()) {
            return state.labelled(
                    Label.READ_ONLY,
                    "operation %s is demoting it".formatted(demotion.get().operation()));
        }
        var rival = outrankedBy;
        return rival == null ? state : state.labelled(Label.READ_ONLY, rival);
    }

    private NodeState look() {
        try {
            return labelled(json.readValue(database.text(timeOut, PROBE), Answer.class));
        } catch (ProblemException failure) {
            return unavailable(failure.problem().detail(), stateInControlData());
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private NodeState labelled(Answer seen) {
        var label = seen.inRecovery() || seen.readOnlyByDefault() ? Label.READ_ONLY : Label.WRITABLE;
        return new NodeState(
                node,
                label,
                reason(seen),
                seen.inRecovery() ? Role.STANDBY : Role.PRIMARY,
                state(seen),
                seen.systemIdentifier(),
                seen.timeline(),
                seen.lsn(),
                seen.replayLsn(),
                seen.lag(),
                seen.isStreaming(),
                seen.upstream(),
                seen.replayPaused(),
                seen.version(),
                enlistedIn(),
                Instant.now(),
                false,
                seen.details().withPendingRestart(pendingRestart));
    }

    private static String reason(Answer seen) {
        if (!seen.inRecovery()) {
            return seen.readOnlyByDefault()
                    ? "it is a primary with default_transaction_read_only on"
                    : "it is a primary and takes writes";
        }
        if (seen.replayPaused()) {
            return "it is a standby whose replay is paused";
        }
        return seen.isStreaming()
                ? "it is a standby and streams from " + seen.upstream()
                : "it is a standby that does not stream";
    }

    private static String state(Answer seen) {
        if (!seen.inRecovery()) {
            return State.IN_PRODUCTION.toString();
        }
        return seen.isStreaming() ? "streaming" : State.IN_ARCHIVE_RECOVERY.toString();
    }

    private NodeState unavailable(String why, String state) {
        return NodeState.unavailable(
                node, why, stoppedRole(), state, controlData().orElse(null), enlistedIn());
    }

    private Role stoppedRole() {
        if (!installation.holdsData()) {
            return Role.UNKNOWN;
        }
        return installation.isMarkedAsStandby() ? Role.STANDBY : Role.PRIMARY;
    }

    private String stateInControlData() {
        return controlData().map(it -> it.state().toString()).orElse("no data");
    }

    private Optional<PgControlData> controlData() {
        try {
            return PgControlData.read(installation.data());
        } catch (UncheckedIOException unreadable) {
            LOG.warn("The control file cannot be read", unreadable);
            return Optional.empty();
        }
    }

    private @Nullable String enlistedIn() {
        return enlistments.current().map(Enlistment::operation).orElse(null);
    }
}

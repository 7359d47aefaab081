package dev.estafet.switchover;

import dev.estafet.EstafetConfig.TimeOuts;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.cluster.Enlisting;
import dev.estafet.node.Node;
import dev.estafet.node.Promotion;
import dev.estafet.node.RoleSettings;
import dev.estafet.node.Shutdown;
import dev.estafet.node.Slots;
import dev.estafet.node.Upstream;
import dev.estafet.operation.Check;
import dev.estafet.operation.Moment;
import dev.estafet.operation.Run;
import dev.estafet.pgbouncer.Poolers;
import dev.estafet.pgbouncer.Poolers.Primary;
import dev.estafet.postgres.Await;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Slot;
import dev.estafet.postgres.SynchronousStandbyNames;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * One switchover on its way, driven by the candidate, which is this node. Each method is the action, or the undo, of a row
 * of {@link SwitchoverProcedure}'s table and is idempotent.
 */
final class Switchover {

    private static final Logger LOG = Logger.getLogger(Switchover.class);

    /** On the JVM, what has run less often is interpreted still, which takes many times as long. */
    private static final int REHEARSALS = 250;

    private final Run run;
    private final SwitchoverRequest request;
    private final Cluster cluster;
    private final ClusterView view;
    private final Scout scout;
    private final Promotion promotion;
    private final Slots slots;
    private final RoleSettings settings;
    private final Poolers poolers;
    private final TimeOuts timeOuts;
    private final Checkpoints checkpoints;
    /** Whether the old primary was seen stopped when it was to be put back. */
    private boolean wasDown;

    Switchover(
            Run run,
            Cluster cluster,
            ClusterView view,
            Scout scout,
            Promotion promotion,
            Slots slots,
            RoleSettings settings,
            Poolers poolers,
            TimeOuts timeOuts) {
        this.run = run;
        this.request = run.request(SwitchoverRequest.class);
        this.cluster = cluster;
        this.view = view;
        this.scout = scout;
        this.promotion = promotion;
        this.slots = slots;
        this.settings = settings;
        this.poolers = poolers;
        this.timeOuts = timeOuts;
        this.checkpoints = new Checkpoints(run.id(), request, cluster, timeOuts);
    }

    Optional<String> enlist() {
        try {
            Enlisting.enlist(cluster, participants(), run.id());
        } catch (ProblemException failure) {
            throw sayingHowToExclude(failure);
        }
        return Optional.of(String.join(", ", participants()));
    }

    private static ProblemException sayingHowToExclude(ProblemException failure) {
        var problem = failure.problem();
        return problem.kind() != Kind.PEER_UNREACHABLE
                ? failure
                : new Problem(
                                problem.kind(),
                                problem.detail(),
                                problem.remedy()
                                        + " A standby can also be left out, in so many words, by its name in exclude.")
                        .raisedBy(failure);
    }

    Optional<String> release() {
        Enlisting.release(cluster, participants(), run.id());
        return Optional.empty();
    }

    /** Ends only its own part: the others ask what was decided, and follow by themselves. */
    void leave() {
        Enlisting.release(cluster, List.of(cluster.self()), run.id());
    }

    /** Those that do not follow yet are left to ask what was decided, and to follow by themselves. */
    private void releaseFollowers() {
        var late = new TreeSet<>(plan().slotOf().keySet());
        late.removeAll(streamingMembers());
        Enlisting.release(
                cluster,
                participants().stream().filter(name -> !late.contains(name)).toList(),
                run.id());
    }

    private List<String> participants() {
        return cluster.names().stream()
                .filter(name -> !request.exclude().contains(name))
                .toList();
    }

    Optional<String> preflight() {
        var situation = scout.situation(request.candidate(), request.maxLagBytes(), request.exclude());
        var checks = new Preflight(situation).checks();
        Check.problemIn(checks).ifPresent(problem -> {
            throw problem.raised();
        });
        run.remember(SwitchoverFacts.of(SwitchoverPlan.of(situation), situation.poolersToPause()));
        return Optional.of(Check.inWords(checks));
    }

    /** What takes time comes before the last checkpoint: until the stop there is ever more to write again. */
    Optional<String> checkpoint() {
        rehearse();
        var done = checkpoints.takeOnBoth(plan().primary());
        rehearseDemotion(); // So that its connection is open.
        return Optional.of(done);
    }

    /** Goes the way through the gap without effect: classes are loaded, connections open, and code is warm. */
    private void rehearse() {
        var passed = new Shutdown(plan().systemIdentifier(), plan().timeline(), new Lsn(0), 0);
        var deadline = System.nanoTime() + timeOuts.rehearsal().toNanos();
        for (int time = 0; time < REHEARSALS && System.nanoTime() - deadline < 0; time++) {
            inWords(rehearseDemotion());
            replayedPast(passed);
            run.rehearse();
            promotion.rehearse();
        }
    }

    private Shutdown rehearseDemotion() {
        return cluster.ask(plan().primary(), stopTimeOut(), node -> node.rehearseDemotion(run.id()));
    }

    Optional<String> prepare() {
        cluster.tell(
                cluster.self(),
                node -> node.makeSlots(run.id(), List.copyOf(plan().slotOf().values())));
        settings.set(RoleSettings.SYNCHRONOUS_STANDBY_NAMES, "");
        var slots = plan().synchronizedStandbySlots();
        if (!slots.after().equals(slots.before())) {
            settings.set(RoleSettings.SYNCHRONIZED_STANDBY_SLOTS, slots.after());
        }
        return Optional.of("%s; moves of the end of the primary's WAL: %d"
                .formatted(plan().slotOf().values(), checkpoints.moveEndOfWal(plan().primary())));
    }

    Optional<String> unprepare() {
        run.facts(SwitchoverFacts.class).map(SwitchoverFacts::plan).ifPresent(plan -> {
            settings.set(
                    RoleSettings.SYNCHRONOUS_STANDBY_NAMES,
                    plan.synchronousStandbyNames().before());
            settings.set(
                    RoleSettings.SYNCHRONIZED_STANDBY_SLOTS,
                    plan.synchronizedStandbySlots().before());
            cluster.tell(cluster.self(), node -> node.dropSlots(run.id(), plan.newSlots()));
        });
        return Optional.empty();
    }

    Optional<String> pausePoolers() {
        var names = facts().pause().poolers();
        if (!names.isEmpty()) {
            run.remember(facts().paused(facts().pause().beganNow()));
            poolers.pause(run.id(), names);
        }
        run.remember(facts().demotionBegan(Moment.now())); // In the next entry of the journal, should that be the last.
        return names.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", names));
    }

    Optional<String> resumePoolersAtOldPrimary() {
        var paused = facts().pause().poolers();
        if (paused.isEmpty()) {
            return Optional.empty();
        }
        var failures = poolers.resume(run.id(), paused, paused, primaryOf(plan().primary()));
        return Optional.of(
                failures.isEmpty()
                        ? "The poolers let their clients on."
                        : "Not resumed yet, and tried on: " + String.join(" ", failures.values()));
    }

    /** A pooler that fails is told, and owed: the others, and the standbys, must not wait for it. */
    Optional<String> resumePoolers() {
        var paused = facts().pause().poolers();
        var all = new TreeSet<>(paused);
        all.addAll(poolers.namingPrimary());
        all.removeAll(request.exclude());
        if (all.isEmpty()) {
            return Optional.empty();
        }
        var failures = poolers.resume(run.id(), all, paused, primaryOf(cluster.self()));
        run.remember(facts().paused(facts().pause().endedNow()));
        run.result(certificate());
        return Optional.of(
                failures.isEmpty()
                        ? String.join(", ", all)
                        : "not resumed yet, and tried on: " + String.join(" ", failures.values()));
    }

    private Primary primaryOf(String node) {
        return new Primary(node, plan().systemIdentifier());
    }

    Optional<String> demote() {
        run.remember(facts().demotionBegan(Moment.now()));
        var shutdown =
                cluster.ask(plan().primary(), stopTimeOut(), node -> node.demote(run.id(), request.stopMillis()));
        run.remember(facts().shutDown(shutdown));
        return Optional.of(inWords(shutdown));
    }

    private String inWords(Shutdown shutdown) {
        return String.format(
                Locale.ROOT,
                "%s shut down after %.1f ms, its last record begins at %s on timeline %s",
                plan().primary(),
                shutdown.waitedMillis(),
                shutdown.checkpoint(),
                shutdown.timeline());
    }

    private Duration stopTimeOut() {
        return Duration.ofMillis(request.stopMillis());
    }

    Optional<String> resume() {
        var primary = plan().primary();
        wasDown |= !cluster.ask(primary, Node::report).state().isRunningPrimary();
        cluster.tell(primary, timeOuts.restart(), node -> node.resume(run.id()));
        requirePrimaryAgain();
        var began = facts().demotionBegan();
        return Optional.of(
                began == null || !wasDown
                        ? "%s is writable.".formatted(primary)
                        : String.format(
                                Locale.ROOT,
                                "%s is writable again; writes were down for %.1f s.",
                                primary,
                                began.age().toMillis() / 1e3));
    }

    private void requirePrimaryAgain() {
        var state = cluster.ask(plan().primary(), Node::report).state();
        if (!state.isRunningPrimary()) {
            throw new Problem(
                            Kind.NOT_READY,
                            "%s is no primary again: %s.".formatted(plan().primary(), state.reason()),
                            "Look at GET /status and into its server's log.")
                    .raised();
        }
    }

    Optional<String> prove() {
        var shutdown = shutdown();
        var replayed = replayedPast(shutdown);
        run.remember(facts().replayed(replayed));
        return Optional.of("replayed up to %s, past the record at %s".formatted(replayed, shutdown.checkpoint()));
    }

    private Lsn replayedPast(Shutdown shutdown) {
        requireSameHistory(shutdown);
        return promotion.proveThatAllIsReplayed(shutdown, Duration.ofMillis(request.proveMillis()));
    }

    /** The positions of two histories, or of two clusters, cannot be compared. */
    private void requireSameHistory(Shutdown shutdown) {
        var plan = plan();
        if (!shutdown.systemIdentifier().equals(plan.systemIdentifier())
                || !shutdown.timeline().equals(plan.timeline())) {
            throw new Problem(
                            Kind.NOT_PROVEN,
                            "The old primary ended as %s on timeline %s, but was %s on %s before."
                                    .formatted(
                                            shutdown.systemIdentifier(),
                                            shutdown.timeline(),
                                            plan.systemIdentifier(),
                                            plan.timeline()),
                            "Somebody changed the server meanwhile: look at GET /status.")
                    .raised();
        }
    }

    Optional<String> promote() {
        promotion.promote(Duration.ofMillis(request.promoteMillis()));
        return Optional.empty();
    }

    Optional<String> verify() {
        cluster.tell(cluster.self(), node -> node.writeMarker(run.id()));
        var began = Objects.requireNonNull(facts().demotionBegan());
        if (facts().writeDowntimeMillis() == null) {
            run.remember(facts().writtenAfter(began.age().toNanos() / 1e6));
        }
        var certificate = certificate();
        run.result(certificate);
        return Optional.of("a row was committed on timeline " + certificate.newTimeline());
    }

    Optional<String> follow() {
        var primary = plan().primary();
        var late = new ConcurrentSkipListMap<String, String>();
        cluster.onEach(plan().followers(), name -> {
            try {
                letFollow(name);
                awaitStreaming(name);
            } catch (ProblemException failure) {
                if (name.equals(primary)) {
                    throw failure;
                }
                late.put(name, failure.problem().detail());
            }
            return true;
        });
        pointAbsent();
        return Optional.of(String.join(", ", streamingMembers()) + " stream from " + cluster.self() + tellLate(late));
    }

    /** Repeated after a crash, it finds that the node follows already. */
    private void letFollow(String name) {
        var slot = Objects.requireNonNull(plan().slotOf().get(name));
        cluster.tell(name, timeOuts.longest(), node -> node.follow(run.id(), new Upstream(cluster.self(), slot)));
    }

    private void awaitStreaming(String name) {
        var slot = Objects.requireNonNull(plan().slotOf().get(name));
        Await.until(
                name + " to stream from its new primary",
                timeOuts.stream(),
                Await.CALMLY,
                () -> slots.isStreamedFrom(slot));
    }

    /** A standby whose server is down learns from its service whom to follow once it is started again. */
    private void pointAbsent() {
        for (var name : plan().absent()) {
            try {
                if (!request.exclude().contains(name)) {
                    letFollow(name);
                }
            } catch (ProblemException later) {
                LOG.warnf("%s will have to find its new primary by itself: %s", name, later.getMessage());
            }
        }
    }

    private static String tellLate(Map<String, String> late) {
        return late.entrySet().stream()
                .map(it -> "; %s does not yet: %s".formatted(it.getKey(), it.getValue()))
                .collect(Collectors.joining());
    }

    private List<String> streamingMembers() {
        return plan().slotOf().entrySet().stream()
                .filter(it -> slots.isStreamedFrom(it.getValue()))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    /** Only now: a commit that waited for a standby which is still on its way here would have prolonged the write gap. */
    Optional<String> synchronise() {
        var names = new SynchronousStandbyNames(plan().synchronousStandbyNames().after());
        if (names.isEmpty()) {
            return Optional.empty();
        }
        if (!enoughStream(names)) {
            return Optional.of(("synchronous_standby_names is left empty on %s, where it should be %s: too few of these"
                            + " stream, and commits would hang")
                    .formatted(cluster.self(), names));
        }
        settings.set(RoleSettings.SYNCHRONOUS_STANDBY_NAMES, names.text());
        cluster.tell(cluster.self(), node -> node.writeMarker(run.id()));
        return Optional.of("synchronous_standby_names is %s on %s, and a commit was acknowledged"
                .formatted(names, cluster.self()));
    }

    private boolean enoughStream(SynchronousStandbyNames names) {
        try {
            Await.until(
                    "the synchronous standbys to stream",
                    timeOuts.stream(),
                    Await.CALMLY,
                    () -> names.isSatisfiedBy(settings.streamingStandbys()));
            return true;
        } catch (ProblemException tooFew) {
            return false;
        }
    }

    Optional<String> tidy() {
        var obsolete = Stream.concat(
                        plan().oldSlots().stream(),
                        plan().failoverSlots().stream().map(Slot::new))
                .toList();
        cluster.tell(plan().primary(), node -> node.dropSlots(run.id(), obsolete));
        return obsolete.isEmpty()
                ? Optional.empty()
                : Optional.of("dropped %s on %s".formatted(obsolete, plan().primary()));
    }

    Optional<String> complete() {
        var certificate = certificate();
        run.result(certificate);
        if (!certificate.zeroLoss()) {
            throw new Problem(Kind.NOT_PROVEN, certificate.verdict(), "Compare the data before you rely on it.")
                    .raised();
        }
        releaseFollowers();
        view.look();
        return Optional.of(certificate.verdict());
    }

    private Certificate certificate() {
        var facts = facts();
        var shutdown = shutdown();
        var replayed = Objects.requireNonNull(facts.replayed());
        var timeline = Objects.requireNonNull(promotion.requireWritable().timeline());
        var switchPoint = promotion.switchPoint(timeline);
        var holds = Certificate.holds(shutdown, replayed, switchPoint);
        return new Certificate(
                run.id(),
                run.operation().cluster(),
                plan().primary(),
                cluster.self(),
                streamingMembers(),
                holds,
                Certificate.verdict(holds, shutdown, replayed, switchPoint),
                shutdown.systemIdentifier(),
                shutdown.timeline(),
                timeline,
                shutdown.checkpoint(),
                replayed,
                switchPoint,
                Math.round(Objects.requireNonNull(facts.writeDowntimeMillis()) * 10) / 10.0,
                facts.pause().millis(),
                Instant.now());
    }

    private SwitchoverFacts facts() {
        return run.facts(SwitchoverFacts.class).orElseThrow();
    }

    private SwitchoverPlan plan() {
        return facts().plan();
    }

    private Shutdown shutdown() {
        return Objects.requireNonNull(facts().shutdown());
    }
}

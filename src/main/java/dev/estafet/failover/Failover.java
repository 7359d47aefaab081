package dev.estafet.failover;

import dev.estafet.EstafetConfig.TimeOuts;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.cluster.Enlisting;
import dev.estafet.node.Promotion;
import dev.estafet.node.RoleSettings;
import dev.estafet.node.Slots;
import dev.estafet.node.Upstream;
import dev.estafet.operation.Check;
import dev.estafet.operation.Run;
import dev.estafet.postgres.Await;
import dev.estafet.postgres.Slot;
import dev.estafet.postgres.SynchronousStandbyNames;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * One failover on its way, driven by the candidate, which is this node. Each method is the action, or the undo, of a row of
 * {@link FailoverProcedure}'s table and is idempotent.
 */
final class Failover {

    private static final Logger LOG = Logger.getLogger(Failover.class);

    private final Run run;
    private final FailoverRequest request;
    private final Cluster cluster;
    private final ClusterView view;
    private final Scout scout;
    private final Promotion promotion;
    private final Slots slots;
    private final RoleSettings settings;
    private final TimeOuts timeOuts;

    Failover(
            Run run,
            Cluster cluster,
            ClusterView view,
            Scout scout,
            Promotion promotion,
            Slots slots,
            RoleSettings settings,
            TimeOuts timeOuts) {
        this.run = run;
        this.request = run.request(FailoverRequest.class);
        this.cluster = cluster;
        this.view = view;
        this.scout = scout;
        this.promotion = promotion;
        this.slots = slots;
        this.settings = settings;
        this.timeOuts = timeOuts;
    }

    /** Those that are silent cannot be asked; whether one may be, preflight judges. */
    Optional<String> enlist() {
        view.look();
        var answering = view.reachable().stream()
                .filter(name -> !request.exclude().contains(name))
                .toList();
        Enlisting.enlist(cluster, answering, run.id());
        return Optional.of(String.join(", ", answering));
    }

    Optional<String> release() {
        Enlisting.release(cluster, cluster.names(), run.id());
        return Optional.empty();
    }

    /** Ends only its own part: the others ask what was decided, and follow by themselves. */
    void leave() {
        Enlisting.release(cluster, List.of(cluster.self()), run.id());
    }

    Optional<String> preflight() {
        var situation = scout.situation(cluster.self(), request.exclude());
        var checks = new Preflight(situation, request).checks();
        require(checks);
        run.remember(FailoverFacts.of(
                FailoverPlan.of(situation), situation.lastPrimary().orElse(null)));
        // Some may have begun to answer after the others had given their word.
        Enlisting.enlist(cluster, situation.answering(), run.id());
        return Optional.of(Check.inWords(checks));
    }

    private static void require(List<Check> checks) {
        Check.problemIn(checks).ifPresent(problem -> {
            throw problem.raised();
        });
    }

    Optional<String> fence() {
        plan().fencedByService().forEach(name -> cluster.tell(name, timeOuts.stop(), node -> node.fence(run.id())));
        return Optional.of(fenceInWords());
    }

    private String fenceInWords() {
        var byService = plan().fencedByService();
        var old = plan().oldPrimary();
        if (!byService.isEmpty()) {
            return "%s: stopped, and kept from starting as primary, by its own service"
                    .formatted(String.join(", ", byService));
        }
        if (request.hasWordOfFence()) {
            return "%s: by the word of %s: %s"
                    .formatted(
                            old == null ? "old primary" : old, run.operation().requestedBy(), request.fenced());
        }
        return "nobody had to be fenced";
    }

    Optional<String> unfence() {
        var fenced = run.facts(FailoverFacts.class)
                .map(it -> it.plan().fencedByService())
                .orElse(List.of());
        fenced.forEach(name -> cluster.tell(name, timeOuts.restart(), node -> node.resume(run.id())));
        return fenced.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "%s may start as primary again, and is left stopped.".formatted(String.join(", ", fenced)));
    }

    Optional<String> prepare() {
        var wanted = List.copyOf(plan().slotOf().values());
        cluster.tell(cluster.self(), node -> node.makeSlots(run.id(), wanted));
        settings.set(RoleSettings.SYNCHRONOUS_STANDBY_NAMES, "");
        return Optional.of(wanted.toString());
    }

    Optional<String> unprepare() {
        run.facts(FailoverFacts.class).map(FailoverFacts::plan).ifPresent(plan -> {
            settings.set(RoleSettings.SYNCHRONOUS_STANDBY_NAMES, plan.synchronousBefore());
            cluster.tell(cluster.self(), node -> node.dropSlots(run.id(), plan.newSlots()));
        });
        return Optional.empty();
    }

    /** Looked at afresh: with the old primary fenced, its WAL has an end; and it may have come back meanwhile. */
    Optional<String> prove() {
        var situation = scout.situation(cluster.self(), request.exclude());
        var loss = situation.loss();
        require(new Preflight(situation, request).checks());
        requireTheSamePrimary(situation);
        run.remember(facts().losing(situation.measured(), loss));
        return Optional.of(loss.inWords());
    }

    /** Who has become known meanwhile was not fenced. */
    private void requireTheSamePrimary(Situation situation) {
        var old = situation.oldPrimary();
        if ((old != null && !old.equals(plan().oldPrimary()))
                || !plan().fencedByService().containsAll(situation.toFence())) {
            throw new Problem(
                            Kind.NOT_READY,
                            "It has become known only now that %s was the primary.".formatted(situation.oldPrimary()),
                            "Call again: it is fenced then.")
                    .raised();
        }
    }

    Optional<String> promote() {
        promotion.promote(Duration.ofMillis(request.promoteMillis()));
        return Optional.empty();
    }

    Optional<String> verify() {
        cluster.tell(cluster.self(), node -> node.writeMarker(run.id()));
        view.look();
        var state = promotion.requireWritable();
        run.result(certificate());
        return Optional.of("a row was committed on timeline " + state.timeline());
    }

    Optional<String> follow() {
        var late = new ConcurrentSkipListMap<String, String>();
        cluster.onEach(plan().followers(), name -> {
            try {
                letFollow(name);
                awaitStreaming(name);
            } catch (ProblemException failure) {
                late.put(name, failure.problem().detail());
            }
            return true;
        });
        plan().pointed().forEach(this::point);
        plan().ahead().forEach(name -> late.put(name, "it has more than the new primary, and has to be rewound"));
        return Optional.of(tell(streamingMembers(), late));
    }

    private String tell(List<String> streaming, Map<String, String> late) {
        var those = streaming.isEmpty() ? "nobody streams" : String.join(", ", streaming) + " stream";
        return "%s from %s%s"
                .formatted(
                        those,
                        cluster.self(),
                        late.entrySet().stream()
                                .map(it -> "; %s does not yet: %s".formatted(it.getKey(), it.getValue()))
                                .collect(Collectors.joining()));
    }

    private void letFollow(String name) {
        var slot = Slot.of(name);
        cluster.tell(name, timeOuts.longest(), node -> node.follow(run.id(), new Upstream(cluster.self(), slot)));
    }

    private void awaitStreaming(String name) {
        Await.until(
                name + " to stream from its new primary",
                timeOuts.stream(),
                Await.CALMLY,
                () -> slots.isStreamedFrom(Slot.of(name)));
    }

    /** A standby whose server is down learns from its service whom to follow once it is started again. */
    private void point(String name) {
        try {
            letFollow(name);
        } catch (ProblemException later) {
            LOG.warnf("%s will have to find its new primary by itself: %s", name, later.getMessage());
        }
    }

    private List<String> streamingMembers() {
        return plan().slotOf().entrySet().stream()
                .filter(it -> slots.isStreamedFrom(it.getValue()))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    /** The old primary is away, so a rule that wants it would make every commit hang: then it is left out, and that is told. */
    Optional<String> synchronise() {
        var names = new SynchronousStandbyNames(plan().synchronousAfter());
        if (names.isEmpty()) {
            return Optional.empty();
        }
        if (!names.isSatisfiedBy(plan().followers()) || !enoughStream(names)) {
            return Optional.of(
                    ("synchronous_standby_names is left empty on %s, where it was %s: too few of these stream, and"
                                    + " commits would hang. Set it again once they are back")
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

    /** Those that do not follow yet are left to ask what was decided, and to follow by themselves. */
    Optional<String> complete() {
        var certificate = certificate();
        run.result(certificate);
        var late = new ArrayList<>(plan().followers());
        late.removeAll(certificate.followers());
        var done = cluster.names().stream().filter(name -> !late.contains(name)).toList();
        Enlisting.release(cluster, done, run.id());
        view.look();
        return Optional.of(certificate.verdict());
    }

    private FailoverCertificate certificate() {
        var timeline = Objects.requireNonNull(promotion.requireWritable().timeline());
        var switchPoint = promotion.switchPoint(timeline);
        var loss = Objects.requireNonNull(facts().loss()).with(switchPoint);
        return new FailoverCertificate(
                run.id(),
                run.operation().cluster(),
                plan().oldPrimary(),
                cluster.self(),
                streamingMembers(),
                loss.isNone(),
                loss,
                loss.inWords(),
                fenceInWords(),
                timeline,
                switchPoint,
                Instant.now());
    }

    private FailoverFacts facts() {
        return run.facts(FailoverFacts.class).orElseThrow();
    }

    private FailoverPlan plan() {
        return facts().plan();
    }
}

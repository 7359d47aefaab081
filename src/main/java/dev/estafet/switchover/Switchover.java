package dev.estafet.switchover;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.cluster.Enlisting;
import dev.estafet.node.Node;
import dev.estafet.node.NodeReport.SlotState;
import dev.estafet.node.Promotion;
import dev.estafet.node.Shutdown;
import dev.estafet.node.Slots;
import dev.estafet.node.Upstream;
import dev.estafet.operation.Check;
import dev.estafet.operation.Run;
import dev.estafet.postgres.Await;
import dev.estafet.postgres.ByteSize;
import dev.estafet.postgres.Slot;
import dev.estafet.switchover.SwitchoverFacts.Plan;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * One switchover on its way, driven by the candidate, which is this node. Each method is the action, or the undo, of a row
 * of {@link SwitchoverProcedure}'s table and is idempotent.
 */
final class Switchover {

    private final Run run;
    private final SwitchoverRequest request;
    private final Cluster cluster;
    private final ClusterView view;
    private final Scout scout;
    private final Promotion promotion;
    private final Slots slots;
    private final Duration streamTimeOut;

    Switchover(
            Run run,
            Cluster cluster,
            ClusterView view,
            Scout scout,
            Promotion promotion,
            Slots slots,
            Duration streamTimeOut) {
        this.run = run;
        this.request = run.request(SwitchoverRequest.class);
        this.cluster = cluster;
        this.view = view;
        this.scout = scout;
        this.promotion = promotion;
        this.slots = slots;
        this.streamTimeOut = streamTimeOut;
    }

    Optional<String> enlist() {
        Enlisting.enlist(cluster, cluster.names(), run.id());
        return Optional.of(String.join(", ", cluster.names()));
    }

    Optional<String> release() {
        Enlisting.release(cluster, cluster.names(), run.id());
        return Optional.empty();
    }

    Optional<String> preflight() {
        var situation = scout.situation(request.candidate(), request.maxLagBytes());
        var checks = new Preflight(situation).checks();
        Check.problemIn(checks).ifPresent(problem -> {
            throw problem.raised();
        });
        run.remember(SwitchoverFacts.of(plan(situation)));
        return Optional.of(Check.inWords(checks));
    }

    private static Plan plan(Situation situation) {
        var primary = situation.primary();
        var present = slotNames(situation, situation.candidate());
        var slotOf = new TreeMap<String, Slot>();
        situation.followers().forEach(name -> slotOf.put(name, Slot.of(name)));
        return new Plan(
                primary,
                Objects.requireNonNull(situation.state(primary).systemIdentifier()),
                Objects.requireNonNull(situation.state(primary).timeline()),
                slotOf,
                slotOf.values().stream()
                        .filter(slot -> !present.contains(slot.name()))
                        .toList(),
                slotsForStandbysOf(primary, situation));
    }

    /** On the old primary: the slots its standbys stream from, whoever named them, and those that carry their names. */
    private static List<Slot> slotsForStandbysOf(String primary, Situation situation) {
        return situation.reports().keySet().stream()
                .filter(name -> !name.equals(primary))
                .flatMap(name -> Stream.of(
                        situation.server(name).upstreamSlot(), Slot.of(name).name()))
                .filter(slotNames(situation, primary)::contains)
                .distinct()
                .map(Slot::new)
                .toList();
    }

    private static List<String> slotNames(Situation situation, String node) {
        return situation.server(node).slots().stream().map(SlotState::name).toList();
    }

    Optional<String> checkpoint() {
        var done = cluster.onEach(
                List.of(plan().primary(), cluster.self()),
                name -> cluster.ask(name, node -> node.checkpoint(run.id())));
        promotion.rehearse();
        var lag = Await.value(
                "the candidate's replay to come within " + ByteSize.format(request.maxLagBytes()),
                Duration.ofMillis(request.proveMillis()),
                Await.CALMLY,
                this::smallLag);
        return Optional.of(
                "on the primary %s; replay is %s behind".formatted(done.get(plan().primary()), ByteSize.format(lag)));
    }

    private Optional<Long> smallLag() {
        var lag = cluster.ask(cluster.self(), Node::report).state().lag();
        return Optional.ofNullable(lag).map(it -> it.bytes()).filter(bytes -> bytes <= request.maxLagBytes());
    }

    Optional<String> makeSlots() {
        cluster.tell(
                cluster.self(),
                node -> node.makeSlots(run.id(), List.copyOf(plan().slotOf().values())));
        return Optional.of(plan().slotOf().values().toString());
    }

    Optional<String> dropNewSlots() {
        run.facts(SwitchoverFacts.class)
                .ifPresent(facts -> cluster.tell(
                        cluster.self(),
                        node -> node.dropSlots(run.id(), facts.plan().newSlots())));
        return Optional.empty();
    }

    Optional<String> demote() {
        run.remember(facts().demotionBegan(Instant.now()));
        var shutdown = cluster.ask(plan().primary(), node -> node.demote(run.id(), request.stopMillis()));
        run.remember(facts().shutDown(shutdown));
        return Optional.of(String.format(
                Locale.ROOT,
                "%s shut down after %.1f ms, its last record begins at %s on timeline %s",
                plan().primary(),
                shutdown.waitedMillis(),
                shutdown.checkpoint(),
                shutdown.timeline()));
    }

    Optional<String> resume() {
        var began = facts().demotionBegan();
        cluster.tell(plan().primary(), node -> node.resume(run.id()));
        requirePrimaryAgain();
        return Optional.of(
                began == null
                        ? "%s is writable again.".formatted(plan().primary())
                        : String.format(
                                Locale.ROOT,
                                "%s is writable again; writes were down for %.1f s.",
                                plan().primary(),
                                Duration.between(began, Instant.now()).toMillis() / 1e3));
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
        requireSameHistory(shutdown);
        var replayed = promotion.proveThatAllIsReplayed(shutdown, Duration.ofMillis(request.proveMillis()));
        run.remember(facts().replayed(replayed));
        return Optional.of("replayed up to %s, past the record at %s".formatted(replayed, shutdown.checkpoint()));
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
            run.remember(
                    facts().writtenAfter(Duration.between(began, Instant.now()).toNanos() / 1e6));
        }
        var state = promotion.requireWritable();
        return Optional.of("a row was committed on timeline " + state.timeline());
    }

    Optional<String> follow() {
        var slotOf = plan().slotOf();
        cluster.onEach(slotOf.keySet(), name -> {
            var upstream = new Upstream(cluster.self(), Objects.requireNonNull(slotOf.get(name)));
            cluster.tell(name, node -> node.follow(run.id(), upstream));
            return true;
        });
        slotOf.forEach((name, slot) -> Await.until(
                name + " to stream from its new primary",
                streamTimeOut,
                Await.CALMLY,
                () -> slots.isStreamedFrom(slot)));
        return Optional.of(String.join(", ", plan().followers()) + " stream from " + cluster.self());
    }

    Optional<String> tidy() {
        cluster.tell(plan().primary(), node -> node.dropSlots(run.id(), plan().oldSlots()));
        return plan().oldSlots().isEmpty()
                ? Optional.empty()
                : Optional.of("dropped %s on %s".formatted(plan().oldSlots(), plan().primary()));
    }

    Optional<String> complete() {
        var certificate = certificate();
        run.result(certificate);
        if (!certificate.zeroLoss()) {
            throw new Problem(Kind.NOT_PROVEN, certificate.verdict(), "Compare the data before you rely on it.")
                    .raised();
        }
        release();
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
                plan().followers(),
                holds,
                Certificate.verdict(holds, shutdown, replayed, switchPoint),
                shutdown.systemIdentifier(),
                shutdown.timeline(),
                timeline,
                shutdown.checkpoint(),
                replayed,
                switchPoint,
                Math.round(Objects.requireNonNull(facts.writeDowntimeMillis()) * 10) / 10.0,
                Instant.now());
    }

    private SwitchoverFacts facts() {
        return run.facts(SwitchoverFacts.class).orElseThrow();
    }

    private Plan plan() {
        return facts().plan();
    }

    private Shutdown shutdown() {
        return Objects.requireNonNull(facts().shutdown());
    }
}

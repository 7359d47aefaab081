package dev.estafet.rejoin;

import dev.estafet.EstafetConfig;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.cluster.Enlisting;
import dev.estafet.node.Fence;
import dev.estafet.node.Following;
import dev.estafet.node.Node;
import dev.estafet.node.NodeReport.SlotState;
import dev.estafet.node.Slots;
import dev.estafet.node.Upstream;
import dev.estafet.operation.FreshCopy;
import dev.estafet.operation.Operation.Progress;
import dev.estafet.operation.Run;
import dev.estafet.postgres.Await;
import dev.estafet.postgres.ByteSize;
import dev.estafet.postgres.DataDirectory;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.PgCtl;
import dev.estafet.postgres.PgRewind;
import dev.estafet.postgres.Slot;
import dev.estafet.rejoin.Comparison.Fork;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One rejoin on its way, driven by the node that comes back, which is this one. Each method is the action, or the undo, of a
 * row of {@link RejoinProcedure}'s table and is idempotent.
 */
final class Rejoin {

    private final Run run;
    private final RejoinRequest request;
    private final Parts parts;

    /** As it was found with its server stopped; the phases that need it run in one life of the service. */
    private @Nullable OwnServer own;

    /** What a rejoin works with. */
    record Parts(
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
            Database database) {}

    Rejoin(Run run, Parts parts) {
        this.run = run;
        this.request = run.request(RejoinRequest.class);
        this.parts = parts;
    }

    Optional<String> enlist() {
        var members = List.of(self(), parts.surveyor().primary().state().node());
        Enlisting.enlist(cluster(), members, run.id());
        return Optional.of(String.join(", ", members));
    }

    Optional<String> release() {
        Enlisting.release(cluster(), parts.view().reachable(), run.id());
        return Optional.empty();
    }

    Optional<String> inspect() {
        var situation = parts.surveyor().situation();
        var found = Optional.ofNullable(situation.own());
        var comparison = situation.comparison();
        parts.chooser().requireAllowed(comparison, request.farthest());
        run.remember(new RejoinFacts(
                situation.primary().state().node(),
                Slot.of(self()),
                found.filter(it -> it.runs() && !it.wasPrimary()).isPresent(),
                found.map(OwnServer::wasPrimary).orElse(false),
                found.map(OwnServer::timeline).orElse(null),
                situation.history().timelines().current(),
                comparison,
                null,
                null));
        return Optional.of(comparison.why());
    }

    /** A standby that can follow straight is not stopped; what is stopped is a standby at its next start. */
    Optional<String> stop() {
        if (runsOn()) {
            return Optional.of("it runs on");
        }
        if (!parts.pgCtl().isRunning()) {
            if (!facts().goes(Way.CLONE)) {
                parts.fence().keepFromStarting();
            }
            return Optional.of("it was not running");
        }
        if (!facts().ranAsStandby()) {
            parts.fence().stopStalePrimary(facts().primary() + " is primary on a newer timeline");
            return Optional.of("it ran as primary, and was stopped at once");
        }
        parts.pgCtl().beginStop();
        parts.pgCtl().finishStop(timeOuts().stop(), timeOuts().stop());
        parts.database().forgetConnections();
        return Optional.of("it ran as a standby");
    }

    private boolean runsOn() {
        return facts().ranAsStandby()
                && facts().goes(Way.STRAIGHT)
                && parts.following().isAnswering();
    }

    Optional<String> startAgain() {
        if (known().filter(RejoinFacts::ranAsStandby).isPresent()
                && !parts.dataDirectory().isClosed()) {
            parts.pgCtl().start(timeOuts().start());
        }
        return Optional.empty();
    }

    /** Once more, since only now it is known where its WAL ends; a rewind is rehearsed before it is relied on. */
    Optional<String> compare() {
        if (runsOn()) {
            return Optional.of("straight");
        }
        var situation = parts.surveyor().situation();
        own = situation.own();
        var comparison = parts.chooser().choose(run.id(), request.farthest(), situation);
        run.remember(facts().compared(comparison, asideFor(comparison)));
        return Optional.of("%s. %s".formatted(comparison.way(), comparison.why()));
    }

    Optional<String> endRecovery() {
        parts.pgCtl().endRecoveryApart(timeOuts().rewind());
        return Optional.empty();
    }

    private @Nullable String asideFor(Comparison comparison) {
        return parts.dataDirectory().isEmpty() || comparison.way() == Way.STRAIGHT || request.farthest() != Way.CLONE
                ? null
                : parts.dataDirectory().asideFor(run.id()).toString();
    }

    Optional<String> keep() {
        if (!facts().goes(Way.REWIND)) {
            return Optional.of("nothing is taken away");
        }
        var branch = parts.branches().keep(run.id(), own(), fork(facts().comparison()));
        run.remember(facts().kept(branch));
        return Optional.of("%s from %s to %s on timeline %s, in %s"
                .formatted(
                        ByteSize.format(branch.bytes()),
                        branch.from(),
                        branch.to(),
                        own().timeline(),
                        branch.keptIn()));
    }

    Optional<String> rewind() {
        if (!facts().goes(Way.REWIND)) {
            return Optional.of("no rewind is needed");
        }
        var fork = fork(facts().comparison());
        if (own().hasAppliedNothingAfter(fork.point())) {
            parts.branches().cut(own(), fork);
            return Optional.of("nothing after the fork had been applied, so its WAL was cut off there");
        }
        parts.dataDirectory().close();
        if (parts.pgCtl().isRunning()) {
            parts.dataDirectory().open();
            throw new Problem(Kind.NOT_READY, "Somebody has started the server meanwhile.", "Stop it and call again.")
                    .raised();
        }
        try {
            parts.rewind()
                    .run(
                            cluster().member(facts().primary()),
                            done -> run.progress(new Progress(done.doneBytes(), done.totalBytes(), done.percent())));
        } catch (ProblemException halfWay) {
            return copyInstead(halfWay);
        }
        parts.branches().restoreCommon(run.id());
        parts.branches().restoreConfiguration(run.id());
        parts.following().pointStoppedServer(upstream());
        parts.dataDirectory().open();
        return Optional.of("back to before %s, and up to what %s has".formatted(fork.point(), facts().primary()));
    }

    /** What is left of the data is good for nothing, and stays closed. */
    private Optional<String> copyInstead(ProblemException halfWay) {
        var why = "The rewind failed half-way: " + halfWay.problem().detail();
        var comparison = facts().comparison().orCopy(why);
        if (request.farthest() != Way.CLONE) {
            throw Rejoins.refusal(self(), true, comparison).raisedBy(halfWay);
        }
        run.remember(facts().compared(comparison, facts().setAside()));
        return Optional.of(why + " The primary is copied instead.");
    }

    Optional<String> setAside() {
        if (!facts().goes(Way.CLONE)) {
            return Optional.of("its data stays");
        }
        return parts.copy().setAside(facts().setAside());
    }

    Optional<String> putBack() {
        if (isCloned()) {
            parts.copy().putBack(facts().setAside());
        }
        return Optional.empty();
    }

    Optional<String> baseBackup() {
        if (!facts().goes(Way.CLONE)) {
            return Optional.of("no copy is needed");
        }
        return parts.copy().take(run, facts().primary(), facts().slot());
    }

    Optional<String> dropSlot() {
        if (isCloned()) {
            dropSlotOnPrimary();
        }
        return Optional.empty();
    }

    private void dropSlotOnPrimary() {
        parts.copy().dropSlot(run, facts().primary(), facts().slot());
    }

    Optional<String> follow() {
        if (hasLostItsSlot()) {
            dropSlotOnPrimary();
        }
        cluster().tell(facts().primary(), node -> node.makeSlots(run.id(), List.of(facts().slot())));
        if (facts().goes(Way.CLONE)) {
            parts.dataDirectory().verifyOwnerAndMode();
        }
        parts.following().letMembersIn();
        parts.following().follow(upstream(), true);
        return Optional.of("slot %s on %s".formatted(facts().slot(), facts().primary()));
    }

    /** Its WAL was given up by {@code max_slot_wal_keep_size}; a slot like that cannot be used again. */
    private boolean hasLostItsSlot() {
        return cluster()
                .ask(facts().primary(), Node::report)
                .running()
                .flatMap(server -> server.slot(facts().slot()))
                .filter(SlotState::isLost)
                .isPresent();
    }

    /** Only a copy is given up again; what follows straight, or was rewound, goes on trying. */
    Optional<String> stopCopy() {
        if (isCloned()) {
            parts.copy().stop();
        }
        return Optional.empty();
    }

    Optional<String> stream() {
        Await.until(
                "%s to stream from %s".formatted(self(), facts().primary()),
                timeOuts().stream(),
                Await.CALMLY,
                () -> cluster().ask(facts().primary(), Node::report).running().stream()
                        .flatMap(server -> server.senders().stream())
                        .anyMatch(it -> it.applicationName().equals(self())
                                && it.state().equals("streaming")));
        return Optional.of("from " + facts().primary());
    }

    /**
     * A standby keeps WAL for a slot that nobody uses as a primary does. Who has found its slot again already, before it
     * noticed who is primary now, would stay behind this node: it is cut off, and follows the primary by itself.
     */
    Optional<String> tidy() {
        if (!facts().wasPrimary()) {
            return Optional.of("it was no primary");
        }
        var names = cluster().peers().stream().map(name -> Slot.of(name).name()).toList();
        var left = cluster().ask(self(), Node::report).running().stream()
                .flatMap(server -> server.slots().stream())
                .filter(slot -> names.contains(slot.name()) && !slot.isLogical())
                .map(slot -> new Slot(slot.name()))
                .toList();
        parts.slots().cutOff(left);
        return Optional.of(left.isEmpty() ? "there are none" : "dropped " + left);
    }

    Optional<String> complete() {
        var facts = facts();
        var summary = "%s streams from %s, %s"
                .formatted(
                        self(),
                        facts.primary(),
                        switch (facts.way()) {
                            case STRAIGHT -> "nothing had to be taken back.";
                            case REWIND ->
                                "%s that the primary does not have are kept."
                                        .formatted(ByteSize.format(Objects.requireNonNull(facts.forked())
                                                .bytes()));
                            case CLONE -> "as a fresh copy.";
                        });
        run.result(new RejoinResult(
                self(), facts.primary(), facts.way(), summary, facts.from(), facts.to(), facts.forked(), aside(facts)));
        release();
        parts.view().look();
        return Optional.of(summary);
    }

    private static @Nullable String aside(RejoinFacts facts) {
        return facts.goes(Way.CLONE) ? facts.setAside() : null;
    }

    private Upstream upstream() {
        return new Upstream(facts().primary(), facts().slot());
    }

    private OwnServer own() {
        return Objects.requireNonNull(own);
    }

    private static Fork fork(Comparison comparison) {
        return Objects.requireNonNull(comparison.fork());
    }

    private boolean isCloned() {
        return known().filter(it -> it.goes(Way.CLONE)).isPresent();
    }

    private Cluster cluster() {
        return parts.cluster();
    }

    private String self() {
        return parts.cluster().self();
    }

    private EstafetConfig.TimeOuts timeOuts() {
        return parts.config().timeOuts();
    }

    private Optional<RejoinFacts> known() {
        return run.facts(RejoinFacts.class);
    }

    private RejoinFacts facts() {
        return known().orElseThrow();
    }
}

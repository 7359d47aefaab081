package dev.estafet.node;

import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Member;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.postgres.LocalConnections;
import dev.estafet.postgres.Sighting;
import dev.estafet.postgres.Slot;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.event.Event;
import jakarta.inject.Provider;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * This node's own verbs, for the driver in this process and, as REST resource under {@code /peer}, for drivers on other
 * nodes.
 */
@Singleton
@RunOnVirtualThread
public final class LocalNode implements Node {

    private final EstafetConfig config;
    private final Prober prober;
    private final Reporter reporter;
    private final Troubles troubles;
    private final Histories histories;
    private final Enlistments enlistments;
    private final Slots slots;
    private final Demotion demotion;
    private final Following following;
    private final PrimaryPreparation preparing;
    private final Marker marker;
    private final LocalConnections connections;
    private final PrimaryMemory memory;
    private final LastWal lastWal;
    private final Event<News> news;
    /** Asked for late, since operations stand above this package. */
    private final Provider<Decisions> decisions;

    LocalNode(
            EstafetConfig config,
            Prober prober,
            Reporter reporter,
            Troubles troubles,
            Histories histories,
            Enlistments enlistments,
            Slots slots,
            Demotion demotion,
            Following following,
            PrimaryPreparation preparing,
            Marker marker,
            LocalConnections connections,
            PrimaryMemory memory,
            LastWal lastWal,
            Event<News> news,
            Provider<Decisions> decisions) {
        this.config = config;
        this.prober = prober;
        this.reporter = reporter;
        this.troubles = troubles;
        this.histories = histories;
        this.enlistments = enlistments;
        this.slots = slots;
        this.demotion = demotion;
        this.following = following;
        this.preparing = preparing;
        this.marker = marker;
        this.connections = connections;
        this.memory = memory;
        this.lastWal = lastWal;
        this.news = news;
        this.decisions = decisions;
    }

    @Override
    public NodeState state() {
        return prober.current();
    }

    @Override
    public void hear(NodeState state) {
        news.fire(new News(state));
    }

    @Override
    public NodeReport report() {
        var state = prober.probe();
        return new NodeReport(
                state,
                state.isReadable() ? reporter.server() : null,
                troubles.all(),
                memory.last().orElse(null));
    }

    @Override
    public History history() {
        return histories.own();
    }

    @Override
    public Inventory inventory() {
        return reporter.inventory();
    }

    @Override
    public List<String> missingLibraries(List<String> libraries) {
        return reporter.missingLibraries(libraries);
    }

    @Override
    public LoginAttempt tryReplicationLogin(String member) {
        return new LoginAttempt(
                connections.whyNoReplicationLogin(memberOf(member)).orElse(null));
    }

    @Override
    public Sighting lookAt(String member) {
        return connections.lookAt(memberOf(member));
    }

    @Override
    public WalEnd endOfWal() {
        return lastWal.end();
    }

    private Member memberOf(String member) {
        return Optional.ofNullable(config.members().get(member))
                .orElseThrow(() -> new Problem(
                                Kind.UNKNOWN_MEMBER,
                                "%s knows no member %s.".formatted(config.node(), member),
                                "List the same members in the configuration of every node.")
                        .raised());
    }

    @Override
    public void enlist(String operation, String driver) {
        if (decisions.get().isOver(operation)) {
            throw new Problem(
                            Kind.NOT_READY,
                            "Operation %s has ended, says its driver %s: nobody is to take part in it any more."
                                    .formatted(operation, driver),
                            "Start a new operation.")
                    .raised();
        }
        enlistments.enlist(Enlistment.in(operation, driver));
    }

    @Override
    public Decision decision(String operation) {
        return decisions.get().on(operation);
    }

    @Override
    public void release(String operation) {
        enlistments.release(operation);
        prober.probe();
    }

    @Override
    public String checkpoint(String operation) {
        enlistments.require(operation);
        marker.makeTable();
        return demotion.checkpoint();
    }

    @Override
    public boolean lastCheckpoint(String operation) {
        enlistments.require(operation);
        return demotion.lastCheckpoint();
    }

    @Override
    public void makeSlots(String operation, List<Slot> wanted) {
        enlistments.require(operation);
        slots.make(wanted);
    }

    @Override
    public void dropSlots(String operation, List<Slot> obsolete) {
        enlistments.require(operation);
        slots.drop(obsolete);
    }

    @Override
    @Blocking // Each pause of a virtual thread takes two more changes of threads, in the write gap.
    public Shutdown demote(String operation, long timeOutMillis) {
        return demotion.demote(operation, Duration.ofMillis(timeOutMillis));
    }

    @Override
    @Blocking
    public Shutdown rehearseDemotion(String operation) {
        enlistments.require(operation);
        return demotion.rehearse();
    }

    @Override
    public void resume(String operation) {
        demotion.resume(operation);
    }

    @Override
    public void fence(String operation) {
        demotion.fence(operation);
    }

    @Override
    public void follow(String operation, Upstream upstream) {
        demotion.endBy(operation, wasDemoted -> following.follow(upstream, wasDemoted));
    }

    @Override
    public Preparation preparation() {
        return preparing.plan();
    }

    @Override
    public Preparation prepare(String operation) {
        enlistments.require(operation);
        var done = preparing.carryOut();
        prober.probe();
        return done;
    }

    @Override
    public void writeMarker(String operation) {
        enlistments.require(operation);
        marker.write(operation);
    }
}

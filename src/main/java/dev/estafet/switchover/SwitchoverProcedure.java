package dev.estafet.switchover;

import dev.estafet.EstafetConfig;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.node.Promotion;
import dev.estafet.node.RoleSettings;
import dev.estafet.node.Slots;
import dev.estafet.operation.Operation.Kind;
import dev.estafet.operation.Phase;
import dev.estafet.operation.Procedure;
import dev.estafet.operation.Run;
import dev.estafet.pgbouncer.Poolers;
import jakarta.inject.Singleton;
import java.util.List;

/** The transition table of a planned switchover, to be read from top to bottom as a runbook. */
@Singleton
public final class SwitchoverProcedure implements Procedure<Switchover> {

    static final List<Phase<Switchover>> PHASES = List.of(
            Phase.of(
                    "enlist",
                    "Every node gives its word to take part in this operation and in no other",
                    Switchover::enlist,
                    "every node is released",
                    Switchover::release),
            Phase.of("preflight", "All is checked that could stop the switchover or lose data", Switchover::preflight),
            Phase.of(
                    "checkpoint",
                    "The primary takes checkpoints until there is little left to write at its shutdown",
                    Switchover::checkpoint),
            Phase.of(
                    "prepare",
                    "The candidate makes the slots of those that will follow it, and will at first wait for none of them; the"
                            + " primary takes its last checkpoint",
                    Switchover::prepare,
                    "slots that were made are dropped, and settings put back",
                    Switchover::unprepare),
            Phase.of(
                    "pause",
                    "The poolers hold their clients back once the transactions under way have ended",
                    Switchover::pausePoolers,
                    "the poolers let their clients on",
                    Switchover::resumePoolersAtOldPrimary),
            Phase.of(
                    "demote",
                    "The primary turns its label, stops in fast mode and tells its last WAL record; writes are down",
                    Switchover::demote,
                    "the old primary is started again as primary",
                    Switchover::resume),
            Phase.unjournaled(
                    "prove", "The candidate has replayed past the end of the primary's last record", Switchover::prove),
            Phase.decision(
                    "commit", "The candidate writes down its decision to promote; from here there is only forward"),
            Phase.unjournaled("promote", "The candidate is promoted", Switchover::promote),
            Phase.unjournaled("verify", "A row is committed on the new primary; writes are back", Switchover::verify),
            Phase.unjournaled(
                    "resume",
                    "The poolers lead to the new primary and let their clients on",
                    Switchover::resumePoolers),
            Phase.of(
                    "follow", "The old primary and the other standbys stream from the new primary", Switchover::follow),
            Phase.of(
                    "synchronise",
                    "Commits wait for synchronous standbys again, where they did before",
                    Switchover::synchronise),
            Phase.of("tidy", "Slots that nobody needs any more are dropped", Switchover::tidy),
            Phase.of(
                    "complete",
                    "The certificate is issued and every node is released from the operation",
                    Switchover::complete));

    private final EstafetConfig config;
    private final Cluster cluster;
    private final ClusterView view;
    private final Scout scout;
    private final Promotion promotion;
    private final Slots slots;
    private final RoleSettings settings;
    private final Poolers poolers;

    SwitchoverProcedure(
            EstafetConfig config,
            Cluster cluster,
            ClusterView view,
            Scout scout,
            Promotion promotion,
            Slots slots,
            RoleSettings settings,
            Poolers poolers) {
        this.config = config;
        this.cluster = cluster;
        this.view = view;
        this.scout = scout;
        this.promotion = promotion;
        this.slots = slots;
        this.settings = settings;
        this.poolers = poolers;
    }

    @Override
    public Kind kind() {
        return Kind.SWITCHOVER;
    }

    @Override
    public List<Phase<Switchover>> phases() {
        return PHASES;
    }

    @Override
    public void beforeAnotherTry(Switchover switchover) {
        promotion.startIfDown();
    }

    @Override
    public void abandon(Switchover switchover) {
        switchover.leave();
    }

    @Override
    public Switchover subject(Run run) {
        return new Switchover(run, cluster, view, scout, promotion, slots, settings, poolers, config.timeOuts());
    }
}

package dev.estafet.failover;

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
import jakarta.inject.Singleton;
import java.util.List;

/** The transition table of a failover, to be read from top to bottom as a runbook. */
@Singleton
public final class FailoverProcedure implements Procedure<Failover> {

    static final List<Phase<Failover>> PHASES = List.of(
            Phase.of(
                    "enlist",
                    "Every node that answers gives its word to take part in this operation and in no other",
                    Failover::enlist,
                    "every node is released",
                    Failover::release),
            Phase.of(
                    "preflight",
                    "The primary is lost, it is known who it was, and what is lost with it was accepted",
                    Failover::preflight),
            Phase.of(
                    "fence",
                    "Where its service answers, the old primary is kept from starting as primary, and stopped",
                    Failover::fence,
                    "the old primary may start as primary again; it is left stopped",
                    Failover::unfence),
            Phase.of(
                    "prepare",
                    "The candidate makes the slots of those that will follow it, and will at first wait for none of them",
                    Failover::prepare,
                    "slots that were made are dropped, and settings put back",
                    Failover::unprepare),
            Phase.of(
                    "prove",
                    "Nobody is primary still, and what the candidate lacks of the old primary's WAL was accepted as lost",
                    Failover::prove),
            Phase.decision(
                    "commit", "The candidate writes down its decision to promote; from here there is only forward"),
            Phase.unjournaled("promote", "The candidate is promoted", Failover::promote),
            Phase.unjournaled("verify", "A row is committed on the new primary; writes are back", Failover::verify),
            Phase.of("follow", "The other standbys stream from the new primary", Failover::follow),
            Phase.of(
                    "synchronise",
                    "Commits wait for synchronous standbys again, where enough of them stream",
                    Failover::synchronise),
            Phase.of(
                    "complete",
                    "The certificate, which names the loss, is issued, and every node is released",
                    Failover::complete));

    private final EstafetConfig config;
    private final Cluster cluster;
    private final ClusterView view;
    private final Scout scout;
    private final Promotion promotion;
    private final Slots slots;
    private final RoleSettings settings;

    FailoverProcedure(
            EstafetConfig config,
            Cluster cluster,
            ClusterView view,
            Scout scout,
            Promotion promotion,
            Slots slots,
            RoleSettings settings) {
        this.config = config;
        this.cluster = cluster;
        this.view = view;
        this.scout = scout;
        this.promotion = promotion;
        this.slots = slots;
        this.settings = settings;
    }

    @Override
    public Kind kind() {
        return Kind.FAILOVER;
    }

    @Override
    public List<Phase<Failover>> phases() {
        return PHASES;
    }

    @Override
    public void beforeAnotherTry(Failover failover) {
        promotion.startIfDown();
    }

    @Override
    public void abandon(Failover failover) {
        failover.leave();
    }

    @Override
    public Failover subject(Run run) {
        return new Failover(run, cluster, view, scout, promotion, slots, settings, config.timeOuts());
    }
}

package dev.estafet.switchover;

import dev.estafet.node.Shutdown;
import dev.estafet.operation.Moment;
import dev.estafet.postgres.Lsn;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * What a switchover has found out so far; kept in the journal so that it can be gone on with after a restart.
 *
 * @param plan what preflight found
 * @param demotionBegan when the write downtime began; on disk with the demotion's begin, so up to then its near future
 * @param shutdown the old primary's last word
 * @param replayed the proof: up to where the candidate had replayed
 * @param writeDowntimeMillis known once a write was committed on the new primary
 */
@RegisterForReflection
public record SwitchoverFacts(
        SwitchoverPlan plan,
        @Nullable Moment demotionBegan,
        @Nullable Shutdown shutdown,
        @Nullable Lsn replayed,
        @Nullable Double writeDowntimeMillis) {

    static SwitchoverFacts of(SwitchoverPlan plan) {
        return new SwitchoverFacts(plan, null, null, null, null);
    }

    SwitchoverFacts demotionBegan(Moment when) {
        return new SwitchoverFacts(plan, when, shutdown, replayed, writeDowntimeMillis);
    }

    SwitchoverFacts shutDown(Shutdown how) {
        return new SwitchoverFacts(plan, demotionBegan, how, replayed, writeDowntimeMillis);
    }

    SwitchoverFacts replayed(Lsn upTo) {
        return new SwitchoverFacts(plan, demotionBegan, shutdown, upTo, writeDowntimeMillis);
    }

    SwitchoverFacts writtenAfter(double millis) {
        return new SwitchoverFacts(plan, demotionBegan, shutdown, replayed, millis);
    }
}

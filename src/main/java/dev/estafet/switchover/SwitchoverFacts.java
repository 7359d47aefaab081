package dev.estafet.switchover;

import dev.estafet.node.Shutdown;
import dev.estafet.operation.Moment;
import dev.estafet.postgres.Lsn;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a switchover has found out so far; kept in the journal so that it can be gone on with after a restart.
 *
 * @param plan what preflight found
 * @param demotionBegan when the write downtime began; on disk with the demotion's begin, so up to then its near future
 * @param shutdown the old primary's last word
 * @param replayed the proof: up to where the candidate had replayed
 * @param writeDowntimeMillis known once a write was committed on the new primary
 * @param pause of the poolers
 */
@RegisterForReflection
public record SwitchoverFacts(
        SwitchoverPlan plan,
        @Nullable Moment demotionBegan,
        @Nullable Shutdown shutdown,
        @Nullable Lsn replayed,
        @Nullable Double writeDowntimeMillis,
        Pause pause) {

    /** An earlier version knew of no poolers. */
    public SwitchoverFacts {
        pause = Objects.requireNonNullElse(pause, new Pause(List.of(), null, null));
    }

    /**
     * The poolers' pause.
     *
     * @param poolers that take part
     * @param began when they were told to hold their clients back
     * @param millis from then until they were resumed
     */
    @RegisterForReflection
    public record Pause(
            List<String> poolers,
            @Nullable Moment began,
            @Nullable Double millis) {

        Pause beganNow() {
            return new Pause(poolers, Moment.now(), null);
        }

        Pause endedNow() {
            return began == null || millis != null
                    ? this
                    : new Pause(poolers, began, Math.round(began.age().toNanos() / 1e5) / 10.0);
        }
    }

    static SwitchoverFacts of(SwitchoverPlan plan, List<String> poolers) {
        return new SwitchoverFacts(plan, null, null, null, null, new Pause(poolers, null, null));
    }

    SwitchoverFacts paused(Pause how) {
        return new SwitchoverFacts(plan, demotionBegan, shutdown, replayed, writeDowntimeMillis, how);
    }

    SwitchoverFacts demotionBegan(Moment when) {
        return new SwitchoverFacts(plan, when, shutdown, replayed, writeDowntimeMillis, pause);
    }

    SwitchoverFacts shutDown(Shutdown how) {
        return new SwitchoverFacts(plan, demotionBegan, how, replayed, writeDowntimeMillis, pause);
    }

    SwitchoverFacts replayed(Lsn upTo) {
        return new SwitchoverFacts(plan, demotionBegan, shutdown, upTo, writeDowntimeMillis, pause);
    }

    SwitchoverFacts writtenAfter(double millis) {
        return new SwitchoverFacts(plan, demotionBegan, shutdown, replayed, millis, pause);
    }
}

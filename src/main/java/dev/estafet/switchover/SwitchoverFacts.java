package dev.estafet.switchover;

import dev.estafet.node.Shutdown;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Slot;
import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a switchover has found out so far; kept in the journal so that it can be gone on with after a restart.
 *
 * @param plan what preflight found
 * @param demotionBegan when the write downtime began
 * @param shutdown the old primary's last word
 * @param replayed the proof: up to where the candidate had replayed
 * @param writeDowntimeMillis known once a write was committed on the new primary
 */
@RegisterForReflection
public record SwitchoverFacts(
        Plan plan,
        @Nullable Instant demotionBegan,
        @Nullable Shutdown shutdown,
        @Nullable Lsn replayed,
        @Nullable Double writeDowntimeMillis) {

    /**
     * Who does what.
     *
     * @param primary the old primary
     * @param systemIdentifier of it and of the candidate
     * @param timeline on which it writes
     * @param slotOf who will follow the candidate, the old primary too, and from which slot
     * @param newSlots those of them that the candidate does not have yet
     * @param oldSlots on the old primary that nobody will need any more
     */
    @RegisterForReflection
    public record Plan(
            String primary,
            String systemIdentifier,
            Timeline timeline,
            Map<String, Slot> slotOf,
            List<Slot> newSlots,
            List<Slot> oldSlots) {

        List<String> followers() {
            return slotOf.keySet().stream().sorted().toList();
        }
    }

    static SwitchoverFacts of(Plan plan) {
        return new SwitchoverFacts(plan, null, null, null, null);
    }

    SwitchoverFacts demotionBegan(Instant when) {
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

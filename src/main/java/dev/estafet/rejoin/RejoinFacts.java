package dev.estafet.rejoin;

import dev.estafet.postgres.Slot;
import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * What a rejoin has found out so far; kept in the journal, so that it can be undone after a restart.
 *
 * @param primary whom the server will follow
 * @param slot from which it will stream
 * @param ranAsStandby whether it ran as a standby before
 * @param wasPrimary whether it was a primary in its last life
 * @param from the newest timeline that it had; absent where it had no data
 * @param to the primary's
 * @param comparison of both histories, and the way that follows from it
 * @param forked what was kept of its own branch
 * @param setAside where its data is kept; absent where it is not replaced, or where there was none
 */
@RegisterForReflection
public record RejoinFacts(
        String primary,
        Slot slot,
        boolean ranAsStandby,
        boolean wasPrimary,
        @Nullable Timeline from,
        Timeline to,
        Comparison comparison,
        @Nullable ForkedBranch forked,
        @Nullable String setAside) {

    Way way() {
        return comparison.way();
    }

    boolean goes(Way way) {
        return comparison.way() == way;
    }

    RejoinFacts compared(Comparison now, @Nullable String aside) {
        return new RejoinFacts(primary, slot, ranAsStandby, wasPrimary, from, to, now, forked, aside);
    }

    RejoinFacts kept(ForkedBranch branch) {
        return new RejoinFacts(primary, slot, ranAsStandby, wasPrimary, from, to, comparison, branch, setAside);
    }
}

package dev.estafet.failover;

import dev.estafet.node.LastPrimary;
import dev.estafet.node.WalEnd;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * What a failover has found out so far; kept in the journal so that it can be gone on with after a restart.
 *
 * @param plan what preflight found
 * @param lastPrimary the old primary as it was seen last by any member
 * @param measured the end of its WAL, where that could be read
 * @param loss as it was accepted, right before the decision
 */
@RegisterForReflection
public record FailoverFacts(
        FailoverPlan plan,
        @Nullable LastPrimary lastPrimary,
        @Nullable WalEnd measured,
        @Nullable Loss loss) {

    static FailoverFacts of(FailoverPlan plan, @Nullable LastPrimary lastPrimary) {
        return new FailoverFacts(plan, lastPrimary, null, null);
    }

    FailoverFacts losing(@Nullable WalEnd end, Loss found) {
        return new FailoverFacts(plan, lastPrimary, end, found);
    }
}

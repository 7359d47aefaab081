package dev.estafet.switchover;

import dev.estafet.operation.Check;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * May the roles change hands now?
 *
 * @param ready whether no check failed
 * @param primary who is the primary now; absent where that is not clear
 * @param checks all that were made
 * @param prediction how long writes would be down
 */
@RegisterForReflection
public record Readiness(
        boolean ready,
        String candidate,
        @Nullable String primary,
        List<Check> checks,
        @Nullable Prediction prediction) {

    /**
     * The write downtime to expect.
     *
     * @param millis the median of what it is based on
     * @param basis what that is, a sentence
     */
    @RegisterForReflection
    public record Prediction(double millis, String basis) {}
}

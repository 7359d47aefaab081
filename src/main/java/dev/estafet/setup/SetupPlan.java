package dev.estafet.setup;

import dev.estafet.node.Preparation;
import dev.estafet.operation.Check;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a setup would do.
 *
 * @param ready whether no check failed
 * @param primary whom the standby would follow; absent where that is not clear
 * @param preparation what would be changed on the primary
 * @param setAside where the standby's data would be kept; absent where it holds none
 * @param bytes that would be copied
 */
@RegisterForReflection
public record SetupPlan(
        boolean ready,
        String standby,
        @Nullable String primary,
        List<Check> checks,
        @Nullable Preparation preparation,
        @Nullable String setAside,
        long bytes) {}

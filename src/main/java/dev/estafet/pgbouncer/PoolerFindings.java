package dev.estafet.pgbouncer;

import dev.estafet.EstafetConfig.Member;
import dev.estafet.cluster.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds what is wrong with poolers; nothing but a function of how they are. */
public final class PoolerFindings {

    private PoolerFindings() {}

    /**
     * What a person should look at.
     *
     * @param operation the id of the one that is under way
     * @param primary where the only primary is; nothing where that is not clear
     */
    public static List<Finding> in(List<PoolerState> poolers, @Nullable String operation, Optional<Member> primary) {
        var found = new ArrayList<Finding>();
        for (var pooler : poolers) {
            if (!pooler.answers()) {
                found.add(new Finding(
                        "pooler-silent",
                        null,
                        "Pooler %s does not answer at %s: %s"
                                .formatted(pooler.name(), pooler.address(), pooler.failure()),
                        "Bring it up, or look at estafet.pgbouncer.%s.* in the configuration."
                                .formatted(pooler.name())));
            }
            if (!pooler.paused().isEmpty()) {
                found.add(paused(pooler, operation));
            }
            primary.ifPresent(it -> astray(pooler, it, operation).ifPresent(found::add));
        }
        return found;
    }

    private static Finding paused(PoolerState pooler, @Nullable String operation) {
        var detail =
                "Pooler %s holds back the clients of %s".formatted(pooler.name(), String.join(", ", pooler.paused()));
        return operation == null
                ? new Finding(
                        "pooler-paused",
                        null,
                        detail + ", and no operation is under way.",
                        "Find out who paused it; RESUME in its admin console lets them on.")
                : new Finding(
                        "pooler-paused",
                        null,
                        "%s: it is paused by operation %s.".formatted(detail, operation),
                        ("GET /operations/%s tells what it waits for; its end lets them on. If its driver is gone for good,"
                                        + " so does POST /nodes/NAME/settlement at a node that takes part, or RESUME in the"
                                        + " pooler's admin console.")
                                .formatted(operation));
    }

    private static Optional<Finding> astray(PoolerState pooler, Member primary, @Nullable String operation) {
        return pooler.databases().stream()
                .filter(it -> operation == null && pooler.namesPrimary())
                .filter(it -> !it.leadsTo(primary.host(), primary.port()))
                .map(it -> new Finding(
                        "pooler-leads-elsewhere",
                        null,
                        "Database %s of pooler %s leads to %s:%d, and the primary is at %s:%d."
                                .formatted(
                                        it.name(), pooler.name(), it.host(), it.port(), primary.host(), primary.port()),
                        "Correct its [databases] and RELOAD; a switchover does so by itself."))
                .findFirst();
    }
}

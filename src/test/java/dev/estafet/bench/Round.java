package dev.estafet.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.estafet.testing.Operation;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One switchover, measured; a line of {@code target/bench.jsonl}.
 *
 * @param first whether it was the first that this service drove since its start: what a service that has been up for weeks
 *     shows in its one switchover
 * @param gapMillis the longest time without any acknowledged commit
 * @param acknowledged rows that the writers were promised
 * @param lost of them, missing on either node afterwards
 * @param downtimeMillis by Estafet's own certificate
 * @param predictedMillis by its readiness, asked before
 * @param rejoinMillis from the first write on the new primary until the old one streamed, by Estafet's phases
 * @param phases of Estafet, milliseconds each
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Round(
        Instant at,
        Conditions conditions,
        Contender contender,
        boolean first,
        double gapMillis,
        long acknowledged,
        long lost,
        @Nullable Double downtimeMillis,
        @Nullable Double predictedMillis,
        @Nullable Double rejoinMillis,
        @Nullable Map<String, Double> phases) {

    static Map<String, Double> phases(Operation operation) {
        var durations = operation.json().<Number>getList("phases.durationMillis");
        var phases = new LinkedHashMap<String, Double>();
        for (int i = 0; i < durations.size(); i++) {
            phases.put(operation.phases().get(i), durations.get(i).doubleValue());
        }
        return phases;
    }

    static double rejoinMillis(Operation operation) {
        return Duration.between(end(operation, "verify"), end(operation, "follow"))
                        .toNanos()
                / 1e6;
    }

    private static Instant end(Operation operation, String phase) {
        var told = operation.phase(phase);
        var duration = ((Number) java.util.Objects.requireNonNull(told.get("durationMillis"))).doubleValue();
        return Instant.parse(String.valueOf(told.get("startedAt"))).plusNanos((long) (duration * 1e6));
    }
}

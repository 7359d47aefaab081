package dev.estafet.setup;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * What a setup came to, verified.
 *
 * @param summary a sentence
 * @param changed whether anything had to be done
 * @param databases compared on both
 * @param tables compared on both
 * @param markerDelayMillis from the marker row's commit on the primary until it was seen on the standby; absent where
 *     nothing was changed, since then no row is written either
 * @param setAside where the standby's old data is kept; absent where there was none
 */
@RegisterForReflection
public record SetupResult(
        String primary,
        String standby,
        String summary,
        boolean changed,
        int databases,
        int tables,
        @Nullable Double markerDelayMillis,
        @Nullable String setAside) {}

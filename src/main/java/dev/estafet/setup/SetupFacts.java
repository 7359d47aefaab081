package dev.estafet.setup;

import dev.estafet.postgres.Slot;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * What a setup found out before it changed anything; kept in the journal, so that it can be undone after a restart.
 *
 * @param primary whom the standby will follow
 * @param streams whether it streams from there already
 * @param wasRunning whether its server ran before
 * @param setAside where its data will be kept; absent where it holds none
 * @param slot from which it will stream
 */
@RegisterForReflection
public record SetupFacts(
        String primary,
        boolean streams,
        boolean wasRunning,
        @Nullable String setAside,
        Slot slot) {}

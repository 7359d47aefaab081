package dev.estafet.setup;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * A setup as it is ordered.
 *
 * @param standby the member that is to become a standby
 * @param primary whom it is to follow; without one, the only other member whose server runs as primary
 * @param replaceData whether data that it holds may be set aside
 */
@RegisterForReflection
public record SetupRequest(String standby, @Nullable String primary, boolean replaceData) {}

package dev.estafet.setup;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A setup as it is ordered.
 *
 * @param standby the member that is to become a standby
 * @param replaceData whether data that it holds may be set aside
 */
@RegisterForReflection
public record SetupRequest(String standby, boolean replaceData) {}

package dev.estafet.node;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * What came of logging in to another member's server as a standby does.
 *
 * @param failure why it did not succeed; absent where it did
 */
@RegisterForReflection
public record LoginAttempt(@Nullable String failure) {}

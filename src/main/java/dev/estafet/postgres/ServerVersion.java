package dev.estafet.postgres;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A server's version.
 *
 * @param number as {@code server_version_num} gives it: 150018 is 15.18
 */
@RegisterForReflection
public record ServerVersion(@JsonValue int number) {

    /** The oldest major version that is served: since 13 {@code primary_conninfo} can be reloaded. */
    public static final int OLDEST_MAJOR = 13;

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public ServerVersion {}

    public int major() {
        return number / 10_000;
    }

    public int minor() {
        return number % 10_000;
    }

    public boolean isAtLeast(int major) {
        return major() >= major;
    }

    @Override
    public String toString() {
        return major() + "." + minor();
    }
}

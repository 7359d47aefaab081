package dev.estafet.node;

import com.fasterxml.jackson.annotation.JsonValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A server's part in replication; of one that is down, the part in which it would start. */
@RegisterForReflection
@Schema(description = "A server's part in replication; of one that is down, the part in which it would start.")
public enum Role {
    PRIMARY,
    STANDBY,
    /** There is no data, or nobody could look. */
    UNKNOWN;

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package dev.estafet.node;

import com.fasterxml.jackson.annotation.JsonValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What became of an operation, by the word of its driver, which is durable. */
@RegisterForReflection
@Schema(description = "What became of an operation.")
public enum Decision {
    /** It goes on, or is being rolled back. */
    PENDING,
    /** It has ended before its point of no return, and can never pass it. */
    ABORTED,
    /** It has ended after its point of no return: the driver was promoted. */
    COMMITTED,
    /** The driver knows no such operation: its journal was lost, and a person has to decide. */
    UNKNOWN;

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

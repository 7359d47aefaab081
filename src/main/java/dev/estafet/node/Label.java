package dev.estafet.node;

import com.fasterxml.jackson.annotation.JsonValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What a node may be used for. */
@RegisterForReflection
@Schema(
        description =
                "What a node may be used for. writable: takes writes. read-only: answers queries and takes no writes."
                        + " unavailable: does not answer, or answers with errors only.")
public enum Label {
    /** Takes writes: a primary, not read-only by default, not being demoted, not outranked by a newer timeline. */
    WRITABLE("writable"),
    /** Answers queries and takes no writes. */
    READ_ONLY("read-only"),
    /** Does not answer, or answers with errors only. */
    UNAVAILABLE("unavailable");

    private final String word;

    Label(String word) {
        this.word = word;
    }

    @JsonValue
    @Override
    public String toString() {
        return word;
    }
}

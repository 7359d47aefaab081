package dev.estafet.node;

import com.fasterxml.jackson.annotation.JsonValue;
import io.quarkus.runtime.annotations.RegisterForReflection;

/** What a node may be used for. */
@RegisterForReflection
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

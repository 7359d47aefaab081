package dev.estafet.rejoin;

import com.fasterxml.jackson.annotation.JsonValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** How a server gets behind the primary, the mildest way first. */
@RegisterForReflection
@Schema(
        name = "RejoinWay",
        description =
                "How a server gets behind the primary. straight: its history is part of the primary's, so it is only"
                        + " pointed there. rewind: what it wrote on a branch of its own is kept aside and taken back by pg_rewind."
                        + " clone: its data is set aside and replaced by a fresh copy.")
public enum Way {
    STRAIGHT,
    REWIND,
    CLONE;

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

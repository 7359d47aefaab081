package dev.estafet.postgres;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A physical replication slot: lower-case letters, digits and underscores, at most 63 (manual, section 26.2.6.1).
 *
 * @param name the slot's name
 */
@Schema(
        type = SchemaType.STRING,
        pattern = "^[a-z0-9_]{1,63}$",
        description = "Name of a physical replication slot.",
        examples = "estafet_pg2")
@RegisterForReflection
public record Slot(@JsonValue String name) {

    private static final String PREFIX = "estafet_";

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public Slot {
        if (!name.matches("[a-z0-9_]{1,63}")) {
            throw new IllegalArgumentException("not a slot name: " + name);
        }
    }

    /** The slot that a member streams from, on whichever node it follows. */
    public static Slot of(String member) {
        return new Slot(PREFIX + member.toLowerCase(Locale.ROOT).replace('-', '_'));
    }

    @Override
    public String toString() {
        return name;
    }
}

package dev.estafet.postgres;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A history of the cluster's WAL; every promotion begins a new one (manual, section 26.3.6).
 *
 * @param id from 1, as in {@code pg_control_checkpoint().timeline_id}
 */
@Schema(
        type = SchemaType.INTEGER,
        minimum = "1",
        description = "A history of the cluster's WAL; every promotion begins a new one.",
        examples = "2")
@RegisterForReflection
public record Timeline(@JsonValue int id) implements Comparable<Timeline> {

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public Timeline {}

    public boolean isAfter(Timeline other) {
        return compareTo(other) > 0;
    }

    /** Whether it is the one that {@code initdb} begins, which has no history. */
    boolean isFirst() {
        return id == 1;
    }

    /** Name of the file in {@code pg_wal} that tells where this timeline left its parent. */
    public String historyFile() {
        return String.format(Locale.ROOT, "%08X.history", id);
    }

    @Override
    public int compareTo(Timeline other) {
        return Integer.compareUnsigned(id, other.id);
    }

    @Override
    public String toString() {
        return Integer.toUnsignedString(id);
    }
}

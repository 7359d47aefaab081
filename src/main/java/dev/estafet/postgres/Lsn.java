package dev.estafet.postgres;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A position in the write-ahead log: an unsigned 64-bit byte offset, written as PostgreSQL writes its {@code pg_lsn}
 * type, {@code 16/B374D848} (manual, section 8.20).
 *
 * @param value the byte offset, to be read as unsigned
 */
@Schema(
        type = SchemaType.STRING,
        pattern = "^[0-9A-F]{1,8}/[0-9A-F]{1,8}$",
        description = "A position in the write-ahead log, as PostgreSQL writes its type pg_lsn.",
        examples = "16/B374D848")
@RegisterForReflection
public record Lsn(long value) implements Comparable<Lsn> {

    /**
     * Reads PostgreSQL's notation.
     *
     * @throws IllegalArgumentException if {@code text} is not two hexadecimal numbers of at most 32 bits with a slash
     */
    @JsonCreator
    public static Lsn parse(String text) {
        var slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("not an LSN: " + text);
        }
        try {
            long high = Integer.parseUnsignedInt(text, 0, slash, 16);
            long low = Integer.parseUnsignedInt(text, slash + 1, text.length(), 16);
            return new Lsn(high << 32 | (low & 0xFFFF_FFFFL));
        } catch (NumberFormatException notHexadecimal) {
            throw new IllegalArgumentException("not an LSN: " + text, notHexadecimal);
        }
    }

    /** Bytes from {@code other} up to here; negative where this lies before it. */
    public long minus(Lsn other) {
        return value - other.value;
    }

    public boolean isAfter(Lsn other) {
        return compareTo(other) > 0;
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(value, other.value);
    }

    @JsonValue
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%X/%X", value >>> 32, value & 0xFFFF_FFFFL);
    }
}

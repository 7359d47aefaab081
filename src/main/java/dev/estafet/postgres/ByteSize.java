package dev.estafet.postgres;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Sizes as PostgreSQL writes them (manual, section 20.1.1): a number with {@code kB}, {@code MB}, {@code GB}, {@code TB}. */
public final class ByteSize {

    private static final Pattern FORM = Pattern.compile("(\\d{1,15})\\s*([kmgt]?)i?b?");
    private static final Map<String, Integer> SHIFT = Map.of("", 0, "k", 10, "m", 20, "g", 30, "t", 40);

    private ByteSize() {}

    /**
     * Reads a size; units are powers of 1024, their case does not matter, and none means bytes.
     *
     * @throws IllegalArgumentException if it is not one, is negative or beyond 64 bits
     */
    public static long parse(String text) {
        var matcher = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a size: " + text + " (write 1048576, 1024kB or 1MB)");
        }
        var shift = SHIFT.get(matcher.group(2));
        var number = Long.parseLong(matcher.group(1));
        if (shift == null || number > Long.MAX_VALUE >> shift) {
            throw new IllegalArgumentException("size too large: " + text);
        }
        return number << shift;
    }

    /**
     * Reads a size that a caller sent.
     *
     * @param field the name of what it was sent as
     * @throws dev.estafet.ProblemException of kind {@link Kind#INVALID_REQUEST} if it is none
     */
    public static long inRequest(String field, String text) {
        try {
            return parse(text);
        } catch (IllegalArgumentException malformed) {
            throw new Problem(
                            Kind.INVALID_REQUEST,
                            field + ": " + malformed.getMessage(),
                            "Write bytes, or a number with kB, MB or GB.")
                    .raisedBy(malformed);
        }
    }

    /** A size for people: three digits or so, and a unit. */
    public static String format(long bytes) {
        var units = new String[] {"bytes", "kB", "MB", "GB", "TB"};
        var value = (double) bytes;
        var unit = 0;
        while (Math.abs(value) >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " bytes" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }
}

package dev.estafet.testing.points;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * The points that a service passes, called by the code that {@link PointsWeaver} puts into its classes. A test leaves an
 * order in a file, such as {@code after journal:commit halt}; who comes by there first obeys it:
 *
 * <ul>
 *   <li>{@code halt} ends the process where it stands, as a crash does: nothing is flushed, no hook runs.
 *   <li>{@code hold} keeps the thread until the file {@code held}, which says that it is there, is taken away.
 * </ul>
 *
 * <p>Points are {@code journal:PHASE} (the entry that begins this phase; {@code journal:start} and {@code journal:end} for
 * the first and the last one), {@code enlistment:STAGE}, {@code enlistment:released}, each {@code before} and {@code
 * after} the write, and {@code before phase:PHASE}, when a phase's action is about to be done.
 */
public final class Points {

    private static final Path DIRECTORY = Path.of(System.getProperty("points.directory", "/nonexistent"));
    private static final Pattern OPERATION = Pattern.compile("\"state\":\"(\\w+)\"");
    private static final Pattern STEP = Pattern.compile("\"name\":\"([a-z-]+)\",\"sentence\"");
    private static final Pattern STAGE = Pattern.compile("\"stage\":\"(\\w+)\"");
    private static final Pattern PHASE = Pattern.compile("^Phase\\[name=([a-z-]+),");

    private Points() {}

    /** Called around each durable write. */
    public static void write(String side, Path file, String content) {
        reach(side, file, content);
    }

    /** Called around each durable deletion. */
    public static void delete(String side, Path file) {
        if (isEnlistment(file)) {
            reach(side + " enlistment:released");
        }
    }

    /** Called when a phase has begun, before its action. */
    public static void begun(Object phase) {
        var found = PHASE.matcher(phase.toString());
        reach("before phase:" + (found.find() ? found.group(1) : "unknown"));
    }

    /** Called instead of {@link Instant#now()}: the time of day, as a test has set it. */
    public static Instant now() {
        try {
            var clock = DIRECTORY.resolve("clock");
            var now = Instant.now();
            return Files.exists(clock) ? now.plusSeconds(Long.parseLong(Files.readString(clock))) : now;
        } catch (IOException justTakenAway) {
            return Instant.now();
        }
    }

    private static void reach(String side, Path file, String content) {
        if (isEnlistment(file)) {
            var stage = STAGE.matcher(content);
            reach(side + " enlistment:"
                    + (stage.find() ? stage.group(1).toLowerCase(java.util.Locale.ROOT) : "unknown"));
        } else if (file.getParent() != null && file.getParent().endsWith("operations") && !content.isBlank()) {
            reach(side + " journal:" + entry(content));
        }
    }

    private static boolean isEnlistment(Path file) {
        return file.endsWith("enlistment.json");
    }

    private static String entry(String content) {
        var state = OPERATION.matcher(content);
        if (!state.find() || !state.group(1).equals("running")) {
            return "end";
        }
        var last = "start";
        for (var step = STEP.matcher(content); step.find(); ) {
            last = step.group(1);
        }
        return last;
    }

    private static void reach(String point) {
        try {
            var order = DIRECTORY.resolve("order");
            if (!Files.exists(order)) {
                return;
            }
            var wanted = Files.readString(order);
            if (wanted.equals(point + " halt")) {
                Files.move(order, DIRECTORY.resolve("halted"), StandardCopyOption.ATOMIC_MOVE);
                Runtime.getRuntime().halt(137);
            } else if (wanted.equals(point + " hold")) {
                var held = DIRECTORY.resolve("held");
                Files.move(order, held, StandardCopyOption.ATOMIC_MOVE);
                while (Files.exists(held)) {
                    LockSupport.parkNanos(1_000_000);
                }
            }
        } catch (IOException takenByAnotherThread) {
            // Only one obeys an order.
        }
    }
}

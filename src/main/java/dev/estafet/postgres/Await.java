package dev.estafet.postgres;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for conditions that nobody signals, by asking again; each wait has an end. */
public final class Await {

    /** Between two looks inside the write gap. */
    public static final Duration QUICKLY = Duration.ofMillis(1);

    /** Between two looks where nobody waits for the write gap to end. */
    public static final Duration CALMLY = Duration.ofMillis(50);

    private Await() {}

    /** Asks until {@code condition} holds. */
    public static void until(String what, Duration timeOut, Duration pause, BooleanSupplier condition) {
        value(what, timeOut, pause, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty());
    }

    /**
     * Asks until there is a value.
     *
     * @param what names the awaited state in the error, such as "the server to stop"
     * @throws dev.estafet.ProblemException of kind {@link Kind#TIMED_OUT} when {@code timeOut} has passed
     */
    public static <T> T value(String what, Duration timeOut, Duration pause, Supplier<Optional<T>> question) {
        var deadline = System.nanoTime() + timeOut.toNanos();
        while (true) {
            var answer = question.get();
            if (answer.isPresent()) {
                return answer.get();
            }
            if (System.nanoTime() - deadline > 0) {
                throw new Problem(
                                Kind.TIMED_OUT,
                                "Waited %s for %s.".formatted(readable(timeOut), what),
                                "Look into the logs of PostgreSQL for what holds it up, or raise the time-out.")
                        .raised();
            }
            LockSupport.parkNanos(pause.toNanos());
        }
    }

    private static String readable(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + " s" : duration.toMillis() + " ms";
    }
}

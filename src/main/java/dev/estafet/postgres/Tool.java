package dev.estafet.postgres;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Runs PostgreSQL's programs, and commands of the configuration: argument lists, never a shell; messages in English; always a time-out. */
public final class Tool {

    private static final int KEPT_LINES = 20;
    private static final Set<String> WRITERS = Set.of("pg_rewind", "pg_basebackup");
    private static final Duration LOOK = Duration.ofMillis(100);

    private Tool() {}

    /** Runs to the end and returns what was printed on both outputs. */
    public static String run(List<String> command, Duration timeOut) {
        var printed = new StringBuilder();
        run(command, Map.of(), timeOut, line -> printed.append(line).append('\n'), () -> false);
        return printed.toString();
    }

    /**
     * Runs to the end, handing over each line as it is printed; a carriage return ends a line too, since progress
     * reports use it.
     *
     * @param cancelled asked ten times a second; once true the process is killed
     * @throws dev.estafet.ProblemException of kind {@link Kind#COMMAND_FAILED} with the exit code and the last lines,
     *     {@link Kind#TIMED_OUT} or {@link Kind#CANCELLED}
     */
    static void run(
            List<String> command,
            Map<String, String> environment,
            Duration timeOut,
            Consumer<String> lines,
            BooleanSupplier cancelled) {
        var start = System.nanoTime();
        var process = start(command, environment);
        var last = new ArrayDeque<String>();
        var reader = Thread.ofVirtual()
                .start(() -> read(process, line -> {
                    keep(last, line);
                    lines.accept(line);
                }));
        try {
            while (!process.waitFor(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
                if (cancelled.getAsBoolean()) {
                    process.destroyForcibly().waitFor();
                    throw new Problem(Kind.CANCELLED, command.getFirst() + " was cancelled.", "Nothing to do.")
                            .raised();
                }
                if (System.nanoTime() - start > timeOut.toNanos()) {
                    process.destroyForcibly().waitFor();
                    throw failed(Kind.TIMED_OUT, command, "did not end", start, last);
                }
            }
            reader.join(Duration.ofSeconds(1));
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + command.getFirst(), interrupted);
        }
        if (process.exitValue() != 0) {
            throw failed(Kind.COMMAND_FAILED, command, "ended with code " + process.exitValue(), start, last);
        }
    }

    /**
     * Ends what an earlier life of this service has begun on a data directory and left running: a tool outlives the service
     * that is killed, and would go on to write under the hands of the next one.
     */
    static void endLeftOvers(Path data) {
        ProcessHandle.allProcesses()
                .filter(process -> isWriterOf(process.info(), data))
                .forEach(process -> {
                    process.destroyForcibly();
                    process.onExit().join();
                });
    }

    private static boolean isWriterOf(ProcessHandle.Info process, Path data) {
        return process.command()
                        .map(Path::of)
                        .filter(it -> WRITERS.contains(String.valueOf(it.getFileName())))
                        .isPresent()
                && process.arguments()
                        .map(it -> List.of(it).contains(data.toString()))
                        .orElse(false);
    }

    private static Process start(List<String> command, Map<String, String> environment) {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        builder.environment().putAll(environment);
        try {
            var process = builder.start();
            process.getOutputStream().close();
            return process;
        } catch (IOException failure) {
            throw new Problem(
                            Kind.COMMAND_FAILED,
                            "%s cannot be run: %s".formatted(command.getFirst(), failure.getMessage()),
                            "Check estafet.postgres.bin-directory, and the commands in the configuration.")
                    .raisedBy(failure);
        }
    }

    private static void read(Process process, Consumer<String> lines) {
        var line = new StringBuilder();
        try (Reader reader = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)) {
            for (int c = reader.read(); c >= 0; c = reader.read()) {
                if (c != '\n' && c != '\r') {
                    line.append((char) c);
                } else if (!line.isEmpty()) {
                    lines.accept(line.toString());
                    line.setLength(0);
                }
            }
        } catch (IOException closed) {
            // A killed process closes its pipe under us; what it printed before is kept.
            lines.accept(closed.getMessage());
        } catch (UncheckedIOException fromConsumer) {
            throw fromConsumer;
        }
        if (!line.isEmpty()) {
            lines.accept(line.toString());
        }
    }

    private static void keep(Deque<String> last, String line) {
        synchronized (last) {
            last.addLast(line);
            if (last.size() > KEPT_LINES) {
                last.removeFirst();
            }
        }
    }

    private static RuntimeException failed(
            Kind kind, List<String> command, String how, long start, Deque<String> last) {
        String said;
        synchronized (last) {
            said = last.stream().collect(Collectors.joining("\n"));
        }
        return new Problem(
                        kind,
                        "%s %s after %d ms: %s"
                                .formatted(
                                        String.join(" ", command), how, (System.nanoTime() - start) / 1_000_000, said),
                        "The message is the tool's own; the server's log may tell more.")
                .raised();
    }
}

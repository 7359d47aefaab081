package dev.estafet.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One Estafet service: the packaged application as a process of its own, as the servers' user. */
final class Service {

    private static final Duration STARTS_WITHIN = Duration.ofSeconds(180);

    /**
     * Whether each service has a session of its own, as under systemd. Linux shares the cores among sessions ({@code
     * sched_autogroup_enabled}): in the one of the writers, a service waits for a core with them.
     */
    private static final boolean HAS_SESSION = Boolean.getBoolean("estafet.sessions");

    private final URI address;
    private final Path directory;
    private final Machine machine;
    private final @Nullable ServicePoints points;
    private @Nullable Process process;

    /**
     * A service that does not run yet.
     *
     * @param points where it can be halted or held, if anywhere
     */
    Service(URI address, Path directory, Machine machine, @Nullable ServicePoints points) {
        this.address = address;
        this.directory = directory;
        this.machine = machine;
        this.points = points;
    }

    Optional<Process> process() {
        return Optional.ofNullable(process).filter(Process::isAlive);
    }

    Path log() {
        return directory.resolve("service.log");
    }

    boolean isRunning() {
        return process != null && process.isAlive();
    }

    /** Starts the process and returns it at once. */
    Process launch(String configuration) {
        if (isRunning()) {
            throw new IllegalStateException("the service in " + directory + " runs already");
        }
        try {
            var file = directory.resolve("estafet.properties");
            Files.writeString(file, configuration);
            ServerUser.own(file);
            var builder = new ProcessBuilder(machine.command(session(Application.command(file, points))))
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.appendTo(log().toFile()));
            builder.environment().keySet().removeIf(it -> it.startsWith("QUARKUS_") || it.startsWith("ESTAFET_"));
            builder.environment().keySet().removeIf(it -> it.startsWith("PG"));
            process = builder.start();
            return process;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static List<String> session(List<String> command) {
        return HAS_SESSION
                ? Stream.concat(Stream.of("setsid"), command.stream()).toList()
                : command;
    }

    /** Starts the process and returns when it answers. */
    void start(String configuration) {
        var started = launch(configuration);
        await("service in " + directory)
                .atMost(STARTS_WITHIN)
                .pollInterval(Duration.ofMillis(50))
                .failFast("the service ended", () -> !started.isAlive())
                .until(this::answers);
    }

    /** Asks it to end, and waits for that. */
    void stop() {
        end(Process::destroy);
    }

    /** Ends it as a crash would. */
    void kill() {
        end(Process::destroyForcibly);
    }

    /** Stops its process where it is, until the answer is closed. */
    TestNode.Frozen freeze() {
        var frozen = java.util.Objects.requireNonNull(process).toHandle();
        LocalProcesses.signal(frozen, "STOP");
        return () -> {
            if (frozen.isAlive()) {
                LocalProcesses.signal(frozen, "CONT");
            }
        };
    }

    private void end(java.util.function.Consumer<Process> how) {
        var running = process;
        if (running == null) {
            return;
        }
        how.accept(running);
        try {
            if (!running.waitFor(20, TimeUnit.SECONDS)) {
                // Where it hangs is seen in its log then.
                LocalProcesses.signal(running.toHandle(), "QUIT");
                running.waitFor(5, TimeUnit.SECONDS);
                running.destroyForcibly().waitFor();
                throw new AssertionError("the service in " + directory + " did not end when it was asked to");
            }
        } catch (InterruptedException interrupted) {
            running.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        process = null;
    }

    private boolean answers() {
        try (var client = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(address.resolve("/q/health/live"))
                    .timeout(Duration.ofSeconds(5))
                    .build();
            return client.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }
}

package dev.estafet.testing;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The OS user that servers and services run as: {@code postgres} where the tests run as root, else who runs them. */
public final class ServerUser {

    private static final boolean ROOT = new UnixSystem().getUid() == 0;
    private static final Duration LONGEST = Duration.ofMinutes(2);

    private ServerUser() {}

    public static boolean isRoot() {
        return ROOT;
    }

    /** The user's name. */
    public static String name() {
        return ROOT ? "postgres" : System.getProperty("user.name");
    }

    /** The command line that runs {@code command} as this user, in the same process. */
    public static List<String> command(List<String> command) {
        return ROOT
                ? Stream.concat(
                                Stream.of("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"),
                                command.stream())
                        .toList()
                : command;
    }

    /** Runs a program as this user to its successful end and returns what it printed. */
    public static String run(String... command) {
        return runAsCaller(command(List.of(command)));
    }

    /** Runs a program as the user who runs the tests, to its successful end, and returns what it printed. */
    public static String runAsCaller(List<String> command) {
        try {
            var output = Files.createTempFile("estafet-run-", ".out");
            try {
                return run(command, output);
            } finally {
                Files.delete(output);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(String.join(" ", command), failure);
        }
    }

    /** A file takes the output: a pipe would be inherited, and kept open, by the server that {@code pg_ctl} starts. */
    private static String run(List<String> command, Path output) throws IOException {
        var builder = new ProcessBuilder(command)
                .directory(Path.of("/").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("LC_ALL", "C.UTF-8");
        var process = builder.start();
        try {
            if (!process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(
                        String.join(" ", command) + " did not end: " + Files.readString(output));
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
        if (process.exitValue() != 0) {
            throw new IllegalStateException("%s ended with %d: %s"
                    .formatted(String.join(" ", command), process.exitValue(), Files.readString(output)));
        }
        return Files.readString(output);
    }

    /** Makes a directory that belongs to this user and that everybody may enter. */
    static Path makeDirectory(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        own(directory);
        return directory;
    }

    /** Gives what the tests made to this user. */
    static void own(Path path) {
        if (ROOT) {
            runAsCaller(List.of("chown", "-R", "postgres:postgres", path.toString()));
        }
        runAsCaller(List.of("chmod", "-R", "u+rwX,go+rX", path.toString()));
    }

    /** Deletes a directory and all in it. */
    static void delete(Path directory) {
        runAsCaller(List.of("rm", "-rf", "--one-file-system", directory.toString()));
    }
}

package dev.estafet.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The packaged application, where the services' user can read it. The build's own directory may lie in a home directory
 * that nobody else may enter.
 */
final class Application {

    private static final String JAR = "quarkus-run.jar";

    /** What {@code script/aot-cache} has made, if it was run. */
    private static final String CACHE = "estafet.aot";

    /** System property: options for the services' JVM, with blanks between. */
    private static final String OPTIONS = "estafet.test.java-options";

    private static final String USUAL_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx128m";

    private static final Path DIRECTORY = copy();

    private Application() {}

    /** The command line that runs the service with this configuration file, and with these points if there are any. */
    static List<String> command(Path configuration, @Nullable ServicePoints points) {
        return Stream.of(
                        Stream.of(Path.of(System.getProperty("java.home"), "bin/java")
                                .toString()),
                        Stream.ofNullable(points).map(ServicePoints::option),
                        Stream.of(System.getProperty(OPTIONS, USUAL_OPTIONS).split(" "))
                                .filter(option -> !option.isEmpty()),
                        cache(points),
                        Stream.of(
                                "-Dquarkus.config.locations=" + configuration,
                                "-jar",
                                DIRECTORY.resolve(JAR).toString()))
                .flatMap(it -> it)
                .toList();
    }

    /** An agent that changes classes as they are loaded goes without. */
    private static Stream<String> cache(@Nullable ServicePoints points) {
        var cache = DIRECTORY.resolve(CACHE);
        return points == null && Files.exists(cache) ? Stream.of("-XX:AOTCache=" + cache) : Stream.empty();
    }

    private static Path copy() {
        var built = Path.of(System.getProperty("estafet.application", "target/quarkus-app"));
        if (!Files.exists(built.resolve(JAR))) {
            throw new IllegalStateException(built.toAbsolutePath() + " holds no " + JAR + ": package first");
        }
        try {
            var copy = Files.createTempDirectory(Path.of("/tmp"), "estafet-app-");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> ServerUser.delete(copy)));
            ServerUser.runAsCaller(List.of("cp", "-a", built.toAbsolutePath() + "/.", copy.toString()));
            ServerUser.own(copy);
            return copy;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}

package dev.estafet.testing;

import dev.estafet.testing.points.PointsWeaver;
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

    /** Made once the first service with points is started. */
    private static final class WithPoints {

        static final Path DIRECTORY = copy();

        static {
            PointsWeaver.weave(DIRECTORY);
            ServerUser.runAsCaller(List.of(
                    "env",
                    "JAVA_HOME=" + System.getProperty("java.home"),
                    Path.of("script/aot-cache").toAbsolutePath().toString(),
                    DIRECTORY.toString()));
            ServerUser.own(DIRECTORY);
        }
    }

    private Application() {}

    /** The command line that runs the service with this configuration file, and with these points if there are any. */
    static List<String> command(Path configuration, @Nullable ServicePoints points) {
        var directory = points == null ? DIRECTORY : WithPoints.DIRECTORY;
        return Stream.of(
                        Stream.of(Path.of(System.getProperty("java.home"), "bin/java")
                                .toString()),
                        Stream.ofNullable(points).map(ServicePoints::option),
                        Stream.of(System.getProperty(OPTIONS, USUAL_OPTIONS).split(" "))
                                .filter(option -> !option.isEmpty()),
                        cache(directory),
                        Stream.of(
                                "-Dquarkus.config.locations=" + configuration,
                                "-jar",
                                directory.resolve(JAR).toString()))
                .flatMap(it -> it)
                .toList();
    }

    private static Stream<String> cache(Path directory) {
        var cache = directory.resolve(CACHE);
        return Files.exists(cache) ? Stream.of("-XX:AOTCache=" + cache) : Stream.empty();
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

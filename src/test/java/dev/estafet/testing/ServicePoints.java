package dev.estafet.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;

/** The points of one service at which a test can halt or hold it, and its clock; {@code points/Points} names them. */
public final class ServicePoints {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path directory;

    ServicePoints(Path directory) {
        this.directory = ServerUser.makeDirectory(directory);
    }

    /** The argument that makes a service obey that has the points woven in. */
    String option() {
        return "-Dpoints.directory=" + directory;
    }

    /** The process ends where it comes by there next, such as {@code after journal:commit}. */
    public void haltAt(String point) {
        write("order", point + " halt");
    }

    /** The thread that comes by there next stands still until {@link #letGo}. */
    public void holdAt(String point) {
        write("order", point + " hold");
    }

    public void awaitHeld() {
        awaitHeld(() -> {});
    }

    /** Fails at once where {@code condition} does, after which nobody would come by there any more. */
    public void awaitHeld(Runnable condition) {
        await("the service comes by " + directory)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> {
                    var isHeld = Files.exists(directory.resolve("held"));
                    if (!isHeld) {
                        condition.run();
                    }
                    return isHeld;
                });
    }

    public boolean hasHalted() {
        return Files.exists(directory.resolve("halted"));
    }

    public void letGo() {
        remove("held");
    }

    /** Sets the service's time of day that much ahead of the machine's. */
    public void setClock(Duration ahead) {
        write("clock", Long.toString(ahead.toSeconds()));
    }

    /** Takes every order back, lets go of who is held, and sets the clock right. */
    public void clear() {
        List.of("order", "held", "halted", "clock").forEach(this::remove);
    }

    private void remove(String name) {
        try {
            Files.deleteIfExists(directory.resolve(name));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void write(String name, String text) {
        try {
            var file = Files.writeString(directory.resolve(name + ".new"), text);
            ServerUser.own(directory);
            Files.move(file, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}

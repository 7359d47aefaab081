package dev.estafet.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A server as Debian's packages make it: data in {@code /var/lib/postgresql}, configuration in {@code /etc/postgresql},
 * sockets in {@code /var/run/postgresql}, where the OS user {@code postgres} is let in as superuser.
 *
 * @param name the cluster's name for {@code pg_ctlcluster}
 */
record DebianServer(String name, int port) implements Server {

    private static final Path PROGRAM = Path.of("/usr/bin/pg_createcluster");

    /** Whether clusters of this kind can be made here; that takes root. */
    static boolean canBeMade() {
        return ServerUser.isRoot() && Files.isExecutable(PROGRAM);
    }

    @Override
    public Path data() {
        return Path.of("/var/lib/postgresql", version(), name);
    }

    @Override
    public Path configuration() {
        return Path.of("/etc/postgresql", version(), name);
    }

    @Override
    public Path sockets() {
        return Path.of("/var/run/postgresql");
    }

    @Override
    public Path log() {
        return Path.of("/var/log/postgresql", "postgresql-%s-%s.log".formatted(version(), name));
    }

    @Override
    public void create(String... initdbOptions) {
        var command = new ArrayList<>(List.of(
                PROGRAM.toString(), "--port", Integer.toString(port), "--start-conf", "manual", version(), name));
        if (initdbOptions.length > 0) {
            command.add("--");
            command.addAll(List.of(initdbOptions));
        }
        ServerUser.runAsCaller(command);
    }

    @Override
    public void start() {
        ServerUser.run("pg_ctlcluster", "--skip-systemctl-redirect", version(), name, "start");
    }

    @Override
    public void drop() {
        if (Files.exists(configuration())) {
            // pg_dropcluster refuses a cluster whose data directory is missing.
            ServerUser.makeDirectory(data());
            ServerUser.runAsCaller(List.of("pg_dropcluster", "--stop", version(), name));
        }
        setAside().forEach(ServerUser::delete);
    }

    private List<Path> setAside() {
        try (var siblings = Files.list(Objects.requireNonNull(data().getParent()))) {
            return siblings.filter(it -> Objects.toString(it.getFileName()).matches("\\.?" + name + "([.~_-].*)?"))
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String version() {
        return Integer.toString(PostgresInstallation.used().major());
    }
}

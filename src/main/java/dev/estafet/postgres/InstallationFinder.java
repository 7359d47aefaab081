package dev.estafet.postgres;

import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Control;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Finds the local server's programs and files. */
@Singleton
final class InstallationFinder {

    private static final Path DEBIAN_DATA = Path.of("/var/lib/postgresql");
    private static final Path DEBIAN_CONFIGURATION = Path.of("/etc/postgresql");
    private static final List<String> BIN_DIRECTORIES = List.of("/usr/lib/postgresql/%s/bin", "/usr/pgsql-%s/bin");

    /**
     * Finds what the configuration does not tell.
     *
     * @throws IllegalStateException naming the key to set, where nothing or more than one thing is found
     */
    @Produces
    @Singleton
    static Installation locate(EstafetConfig config) {
        var postgres = config.postgres();
        var data = postgres.dataDirectory().orElseGet(InstallationFinder::onlyDebianCluster);
        var debian = debianConfiguration(data);
        var configuration = postgres.configurationDirectory().or(() -> debian).orElse(data);
        var bin = postgres.binDirectory().orElseGet(() -> binDirectory(data, configuration));
        if (!Files.isExecutable(bin.resolve("pg_ctl"))) {
            throw new IllegalStateException(
                    "estafet.postgres.bin-directory: there is no pg_ctl in %s; install PostgreSQL's server there or set the key"
                            .formatted(bin));
        }
        var control = postgres.control().orElse(debian.isPresent() ? Control.PG_CTLCLUSTER : Control.PG_CTL);
        if (control == Control.COMMAND
                && (postgres.startCommand().isEmpty() || postgres.stopCommand().isEmpty())) {
            throw new IllegalStateException("estafet.postgres.control=command needs estafet.postgres.start-command and"
                    + " estafet.postgres.stop-command");
        }
        return new Installation(bin, data, configuration, control);
    }

    private static Path onlyDebianCluster() {
        var found = Installation.children(DEBIAN_DATA).stream()
                .flatMap(version -> Installation.children(version).stream())
                .toList();
        if (found.size() != 1) {
            throw new IllegalStateException(
                    "estafet.postgres.data-directory must be set: %d clusters were found under %s"
                            .formatted(found.size(), DEBIAN_DATA));
        }
        return found.getFirst();
    }

    private static Optional<Path> debianConfiguration(Path data) {
        if (data.getNameCount() < 2) {
            return Optional.empty();
        }
        var place = DEBIAN_CONFIGURATION.resolve(data.subpath(data.getNameCount() - 2, data.getNameCount()));
        return Optional.of(place).filter(it -> Files.exists(it.resolve("postgresql.conf")));
    }

    private static Path binDirectory(Path data, Path configuration) {
        var version = versionOf(data).or(() -> debianVersion(configuration));
        if (version.isPresent()) {
            return BIN_DIRECTORIES.stream()
                    .map(pattern -> Path.of(pattern.formatted(version.get())))
                    .filter(Files::isDirectory)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(
                            "estafet.postgres.bin-directory must be set: no tools of PostgreSQL %s were found"
                                    .formatted(version.get())));
        }
        var installed = Installation.children(Path.of("/usr/lib/postgresql"));
        if (installed.size() != 1) {
            throw new IllegalStateException(
                    "estafet.postgres.bin-directory must be set: %s holds no data that tells the version"
                            .formatted(data));
        }
        return installed.getFirst().resolve("bin");
    }

    /** The major version that made the data directory, as its {@code PG_VERSION} says. */
    static Optional<String> versionOf(Path data) {
        try {
            return Optional.of(Files.readString(data.resolve("PG_VERSION")).strip());
        } catch (IOException missing) {
            return Optional.empty();
        }
    }

    private static Optional<String> debianVersion(Path configuration) {
        return configuration.startsWith(DEBIAN_CONFIGURATION) && configuration.getNameCount() > 2
                ? Optional.of(configuration.getName(2).toString())
                : Optional.empty();
    }
}

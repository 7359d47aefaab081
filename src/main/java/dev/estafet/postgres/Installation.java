package dev.estafet.postgres;

import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Control;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where the server's programs and files are. What the configuration leaves open is found in Debian's layout
 * ({@code /etc/postgresql/15/main}, {@code /var/lib/postgresql/15/main}, {@code /usr/lib/postgresql/15/bin}) or taken
 * from a plain data directory.
 *
 * @param bin directory of the tools
 * @param data the data directory; may be missing or empty on a node that is yet to be set up
 * @param configuration where {@code postgresql.conf} and {@code pg_hba.conf} are
 * @param control how the server is started and stopped
 */
public record Installation(Path bin, Path data, Path configuration, Control control) {

    private static final Path DEBIAN_DATA = Path.of("/var/lib/postgresql");
    private static final Path DEBIAN_CONFIGURATION = Path.of("/etc/postgresql");
    /** A beta or release candidate has no minor version in numbers; it counts as 0. */
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)(?:\\.|[a-z]+\\d*)(\\d*)");

    private static final List<String> BIN_DIRECTORIES = List.of("/usr/lib/postgresql/%s/bin", "/usr/pgsql-%s/bin");

    /** Path of one of PostgreSQL's programs. */
    String tool(String name) {
        return bin.resolve(name).toString();
    }

    /** Version of the installed server program. */
    public ServerVersion version() {
        var printed = Tool.run(List.of(tool("postgres"), "--version"), Duration.ofSeconds(10));
        var matcher = VERSION.matcher(printed);
        if (!matcher.find()) {
            throw new IllegalStateException("postgres --version says: " + printed);
        }
        return new ServerVersion(Integer.parseInt(matcher.group(1)) * 10_000
                + (matcher.group(2).isEmpty() ? 0 : Integer.parseInt(matcher.group(2))));
    }

    /** Whether the configuration lies outside the data directory, as Debian keeps it. */
    public boolean isSplit() {
        return !configuration.equals(data);
    }

    /** Whether the data directory holds a cluster. */
    public boolean holdsData() {
        return Files.exists(data.resolve("PG_VERSION"));
    }

    /** Whether the data directory is missing or has nothing in it. */
    public boolean isEmpty() {
        return !Files.isDirectory(data) || children(data).isEmpty();
    }

    /** The file that makes a server start as a standby (manual, section 26.2.4). */
    Path standbySignal() {
        return data.resolve("standby.signal");
    }

    /** Makes every later start of the server one as standby. */
    public void markAsStandby() {
        DurableFile.write(standbySignal(), "");
    }

    /** Takes the mark away, so that the server starts as primary. */
    public void markAsPrimary() {
        DurableFile.delete(standbySignal());
    }

    /** Whether the server's next start is one as standby. */
    public boolean isMarkedAsStandby() {
        return Files.exists(standbySignal());
    }

    /**
     * Finds what the configuration does not tell.
     *
     * @throws IllegalStateException naming the key to set, where nothing or more than one thing is found
     */
    @Produces
    @Singleton
    static Installation locate(EstafetConfig config) {
        var postgres = config.postgres();
        var data = postgres.dataDirectory().orElseGet(Installation::onlyDebianCluster);
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
        var found = children(DEBIAN_DATA).stream()
                .flatMap(version -> children(version).stream())
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
        var installed = children(Path.of("/usr/lib/postgresql"));
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

    private static List<Path> children(Path directory) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.toList();
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot list " + directory, failure);
        }
    }
}

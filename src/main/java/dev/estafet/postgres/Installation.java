package dev.estafet.postgres;

import dev.estafet.EstafetConfig.Control;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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

    /** A beta or release candidate has no minor version in numbers; it counts as 0. */
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)(?:\\.|[a-z]+\\d*)(\\d*)");

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

    /** The main configuration file. */
    Path configFile() {
        return configuration.resolve("postgresql.conf");
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

    /** Whether the data was copied or rewound and has not been started since: its control file is still another server's. */
    public boolean isFreshCopy() {
        return Files.exists(data.resolve("backup_label"));
    }

    /** What is in a directory; nothing where there is none. */
    public static List<Path> children(Path directory) {
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

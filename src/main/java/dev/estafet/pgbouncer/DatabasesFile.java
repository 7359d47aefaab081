package dev.estafet.pgbouncer;

import dev.estafet.postgres.DurableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The {@code [databases]} of a PgBouncer, in {@code pgbouncer.ini} or in a file that is included there (its manual, section
 * "databases" of pgbouncer.ini). Only host and port of the databases named are changed; all else stays as it is, to the letter.
 */
final class DatabasesFile {

    private static final Pattern SECTION = Pattern.compile("\\s*\\[([^\\]]*)].*");
    private static final Pattern ENTRY =
            Pattern.compile("(\\s*(\"(?:[^\"]|\"\")*\"|[^\\s=;#\"]+)\\s*=)(.*)", Pattern.DOTALL);
    private static final Pattern PARAMETER = Pattern.compile("(\\w+)(\\s*=\\s*)('(?:[^']|'')*'|[^\\s']*)");

    private final Path file;

    DatabasesFile(Path file) {
        this.file = file;
    }

    /** Writes the address into the entries of these databases, for good; nothing is written where it stands there already. */
    void point(Collection<String> databases, String host, int port) {
        try {
            var text = Files.readString(file);
            var pointed = pointed(text, databases, host, port);
            if (!pointed.equals(text)) {
                // The file itself, and not a link to it, is what is replaced.
                DurableFile.replace(file.toRealPath(), pointed);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
        }
    }

    /** Why {@link #point} could not do its work, as far as can be seen without doing it. */
    Optional<String> obstacle(Collection<String> databases) {
        try {
            var missing = new ArrayList<>(databases);
            missing.removeAll(entries(Files.readString(file)));
            if (!missing.isEmpty()) {
                return Optional.of("%s has no entry for %s.".formatted(file, String.join(", ", missing)));
            }
            var directory = file.toRealPath().getParent();
            return directory != null && Files.isWritable(directory)
                    ? Optional.empty()
                    : Optional.of("The directory of %s cannot be written.".formatted(file));
        } catch (IOException failure) {
            return Optional.of("%s cannot be read: %s".formatted(file, failure));
        }
    }

    /** The text with this address in the entries of these databases. */
    static String pointed(String text, Collection<String> databases, String host, int port) {
        return lines(text).stream()
                .map(line -> line.database().filter(databases::contains).isPresent()
                        ? pointed(line.text(), host, port)
                        : line.text())
                .collect(Collectors.joining("\n"));
    }

    /** Names of the databases that have entries. */
    static Set<String> entries(String text) {
        var names = new HashSet<String>();
        lines(text).forEach(line -> line.database().ifPresent(names::add));
        return names;
    }

    private record Line(String text, Optional<String> database) {}

    /** What stands before the first section counts too: an included file goes on in the section that includes it. */
    private static List<Line> lines(String text) {
        var lines = new ArrayList<Line>();
        var inDatabases = true;
        for (var line : text.split("\n", -1)) {
            var section = SECTION.matcher(line);
            var entry = ENTRY.matcher(line);
            if (section.matches()) {
                inDatabases = section.group(1).strip().equals("databases");
            }
            lines.add(new Line(
                    line,
                    inDatabases && !section.matches() && entry.matches()
                            ? Optional.of(unquoted(entry.group(2)))
                            : Optional.empty()));
        }
        return lines;
    }

    private static String pointed(String line, String host, int port) {
        var entry = ENTRY.matcher(line);
        if (!entry.matches()) {
            throw new IllegalStateException(line);
        }
        var parameters = with(with(entry.group(3), "port", Integer.toString(port)), "host", host);
        return entry.group(1) + parameters;
    }

    private static String with(String parameters, String name, String value) {
        var matcher = PARAMETER.matcher(parameters);
        while (matcher.find()) {
            if (matcher.group(1).equals(name)) {
                return parameters.substring(0, matcher.start(3)) + value + parameters.substring(matcher.end(3));
            }
        }
        return " " + name + "=" + value + (parameters.isBlank() ? "" : " ") + parameters.stripLeading();
    }

    private static String unquoted(String name) {
        return name.startsWith("\"") ? name.substring(1, name.length() - 1).replace("\"\"", "\"") : name;
    }
}

package dev.estafet.postgres;

import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code postgresql.auto.conf}, which overrides the other configuration files (manual, section 20.1.2), for as long as
 * no server runs that could do {@code ALTER SYSTEM}.
 */
@Singleton
public final class AutoConf {

    private final Installation installation;

    AutoConf(Installation installation) {
        this.installation = installation;
    }

    /** Sets these parameters, each in one line, and keeps all others. The server must be down. */
    public void set(Map<String, String> parameters) {
        var kept = content().lines().filter(line -> !parameters.containsKey(nameIn(line)));
        var added = new TreeMap<>(parameters)
                .entrySet().stream().map(entry -> entry.getKey() + " = " + literal(entry.getValue()));
        restore(Stream.concat(kept, added).collect(Collectors.joining("\n", "", "\n")));
    }

    /** The file as it is, for {@link #restore}. */
    public String content() {
        try {
            return Files.readString(file());
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file(), failure);
        }
    }

    /** Puts back what {@link #content} gave. The server must be down. */
    public void restore(String content) {
        DurableFile.replace(file(), content);
    }

    private Path file() {
        return installation.data().resolve("postgresql.auto.conf");
    }

    private static String nameIn(String line) {
        return line.split("[=\\s]", 2)[0];
    }

    private static String literal(String value) {
        return "'" + value.replace("'", "''") + "'";
    }
}

package dev.estafet.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Objects;

/**
 * Where PostgreSQL's programs are: system property {@code estafet.test.postgres}, else the newest version under
 * {@code /usr/lib/postgresql} or {@code /usr/pgsql-*}.
 *
 * @param bin the programs' directory
 * @param major the major version, such as {@code 15}
 */
public record PostgresInstallation(Path bin, int major) {

    private static final PostgresInstallation USED = find();

    public static PostgresInstallation used() {
        return USED;
    }

    /** Absolute path of a program. */
    public String tool(String name) {
        return bin.resolve(name).toString();
    }

    private static PostgresInstallation find() {
        var given = System.getProperty("estafet.test.postgres");
        var bin = given == null ? newest() : Path.of(given);
        var words =
                ServerUser.run(bin.resolve("postgres").toString(), "--version").split("\\s+");
        return new PostgresInstallation(bin, Integer.parseInt(words[2].replaceAll("[^0-9].*", "")));
    }

    private static Path newest() {
        var versions = Path.of("/usr/lib/postgresql");
        if (!Files.isDirectory(versions)) {
            throw new IllegalStateException("PostgreSQL's server is not installed: there is no " + versions
                    + "; install it or set -Destafet.test.postgres=BIN_DIRECTORY");
        }
        try (var found = Files.list(versions)) {
            return found.filter(it -> Files.isExecutable(it.resolve("bin/initdb")))
                    .max(Comparator.comparingInt(it ->
                            Integer.parseInt(Objects.toString(it.getFileName()).replaceAll("\\D", ""))))
                    .map(it -> it.resolve("bin"))
                    .orElseThrow(() -> new IllegalStateException("no initdb under " + versions));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}

package dev.estafet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Reads what must not stand in configuration files: given as it is (by an environment variable), or in a file. */
public final class Secrets {

    private Secrets() {}

    /** The token of an operator or of the peers; nothing where none is configured. */
    public static Optional<String> token(EstafetConfig.Secret secret) {
        return value(secret.token(), secret.tokenFile());
    }

    /** The value itself, or the file's first line; nothing where neither is given or what is given is blank. */
    public static Optional<String> value(Optional<String> value, Optional<Path> file) {
        return value.or(() -> file.map(Secrets::firstLine)).map(String::strip).filter(it -> !it.isEmpty());
    }

    private static String firstLine(Path file) {
        try (var lines = Files.lines(file)) {
            return lines.findFirst().orElse("");
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read the secret in " + file, failure);
        }
    }
}

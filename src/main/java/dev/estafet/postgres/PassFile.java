package dev.estafet.postgres;

import dev.estafet.EstafetConfig;
import dev.estafet.Secrets;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The file from which PostgreSQL itself reads the replication password (manual, section 32.16), so that it stands in no
 * command line, no {@code primary_conninfo}, no log and no journal.
 */
@Singleton
public final class PassFile {

    private final Path path;
    private final String password;

    PassFile(EstafetConfig config) {
        path = config.stateDirectory().toAbsolutePath().resolve("replication.pgpass");
        password = password(config.replication());
        try {
            Files.createDirectories(config.stateDirectory());
        } catch (IOException failure) {
            throw new UncheckedIOException(
                    "estafet.state-directory: %s cannot be made; make it, owned by the service's user"
                            .formatted(config.stateDirectory()),
                    failure);
        }
        DurableFile.write(path, "*:*:*:%s:%s%n".formatted(config.replication().user(), escaped(password)));
    }

    /** Absolute, since the server's working directory is its data directory. */
    public Path path() {
        return path;
    }

    public String password() {
        return password;
    }

    private static String password(EstafetConfig.Replication replication) {
        return Secrets.value(replication.password(), replication.passwordFile())
                .orElseThrow(() -> new IllegalStateException(
                        "estafet.replication.password or estafet.replication.password-file must be set"));
    }

    static String escaped(String value) {
        return value.replace("\\", "\\\\").replace(":", "\\:");
    }
}

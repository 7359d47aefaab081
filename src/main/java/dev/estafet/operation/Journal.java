package dev.estafet.operation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.EstafetConfig;
import dev.estafet.JsonStyle;
import dev.estafet.postgres.DurableFile;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.jboss.logging.Logger;

/** The operations that this node has driven, one durable file each. */
@Singleton
class Journal {

    private static final Logger LOG = Logger.getLogger(Journal.class);
    private static final String SUFFIX = ".json";

    private final Path directory;
    private final ObjectMapper json;

    @Inject
    Journal(EstafetConfig config, ObjectMapper json) {
        this(config.stateDirectory().resolve("operations"), json);
    }

    Journal(Path directory, ObjectMapper json) {
        this.directory = directory;
        this.json = JsonStyle.lenient(json);
        try {
            Files.createDirectories(directory);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot make " + directory, failure);
        }
    }

    /** Once this returns, the operation's state survives a crash. */
    void write(Operation operation) {
        try {
            DurableFile.write(directory.resolve(operation.id() + SUFFIX), json.writeValueAsString(operation));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Drops what is too old to be asked for. */
    void forget(Operation operation) {
        DurableFile.delete(directory.resolve(operation.id() + SUFFIX));
    }

    /** All operations, the oldest first; a file that cannot be read is reported and left. */
    List<Operation> readAll() {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(SUFFIX))
                    .flatMap(file -> read(file).stream())
                    .sorted(Comparator.comparing(Operation::startedAt))
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot list " + directory, failure);
        }
    }

    private List<Operation> read(Path file) {
        try {
            return List.of(json.readValue(Files.readString(file), Operation.class));
        } catch (IOException damaged) {
            LOG.errorf(damaged, "The journal entry %s cannot be read", file);
            return List.of();
        }
    }
}

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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import org.jboss.logging.Logger;

/**
 * The operations that this node has driven, one durable file each; and, of one under way, a second file for the decision,
 * which is written while nobody can write to the cluster. Its room is given to it before ({@link #reserve}), so that {@link
 * #decide} has one write to wait for, in place. From {@link #settle} on the first file says it all.
 */
@Singleton
class Journal {

    private static final Logger LOG = Logger.getLogger(Journal.class);
    private static final String SUFFIX = ".json";
    private static final String DECISION = ".decision";

    /** More than an operation takes; a longer one is written all the same, only slower. */
    private static final int RESERVED = 64 << 10;

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
        DurableFile.write(entry(operation), text(operation));
    }

    /** Once this returns, the disk has room for the decision. */
    void reserve(Operation operation) {
        DurableFile.write(decision(operation), " ".repeat(RESERVED));
    }

    /**
     * Writes the operation as it is with its decision, in the room that was reserved. A full disk would not be noticed by that
     * and hold up what comes after the decision, so it is refused.
     *
     * @throws DurableFile.InDoubt where the decision may be on disk all the same, until it is settled
     */
    void decide(Operation operation) {
        if (directory.toFile().getUsableSpace() < RESERVED) {
            throw new UncheckedIOException(new IOException("no space left in " + directory));
        }
        var text = text(operation);
        DurableFile.overwrite(decision(operation), checksum(text) + "\n" + text + "\n");
    }

    /** What {@link #decide} does before it writes. */
    void rehearseDecision(Operation operation) {
        checksum(text(operation));
    }

    /** Once this returns, only what is written here counts, whatever had been decided, or may have been. */
    void settle(Operation operation) {
        write(operation);
        DurableFile.delete(decision(operation));
    }

    /** Drops what is too old to be asked for. */
    void forget(Operation operation) {
        DurableFile.delete(decision(operation));
        DurableFile.delete(entry(operation));
    }

    private Path entry(Operation operation) {
        return directory.resolve(operation.id() + SUFFIX);
    }

    private Path decision(Operation operation) {
        return directory.resolve(operation.id() + DECISION);
    }

    private String text(Operation operation) {
        try {
            return json.writeValueAsString(operation);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** All operations, the oldest first; a file that cannot be read is reported and left. */
    List<Operation> readAll() {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(SUFFIX))
                    .flatMap(file -> read(file).stream())
                    .map(this::decided)
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

    /** What counts of the two files. A decision that is not whole was never taken: nothing may be done before it is. */
    private Operation decided(Operation entry) {
        var file = decision(entry);
        if (!entry.isRunning() || entry.committed() || !Files.exists(file)) {
            return entry;
        }
        try {
            var lines = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).split("\n", 3);
            return lines.length == 3 && checksum(lines[1]).equals(lines[0])
                    ? json.readValue(lines[1], Operation.class)
                    : entry;
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot tell whether " + file + " holds a decision", failure);
        }
    }

    private static String checksum(String text) {
        var sum = new CRC32C();
        sum.update(text.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().toHexDigits((int) sum.getValue());
    }
}

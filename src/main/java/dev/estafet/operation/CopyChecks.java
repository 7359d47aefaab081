package dev.estafet.operation;

import static dev.estafet.operation.Check.failure;
import static dev.estafet.operation.Check.pass;
import static dev.estafet.operation.Check.warning;

import dev.estafet.node.Inventory;
import dev.estafet.postgres.ByteSize;
import dev.estafet.postgres.DataDirectory;
import dev.estafet.postgres.Installation;
import dev.estafet.postgres.ServerVersion;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** May a copy of the primary take the place of this node's data directory? What a setup and a rejoin ask alike. */
@Singleton
public final class CopyChecks {

    /** Room for WAL that arrives during the copy. */
    private static final long SPARE_BYTES = 256L << 20;

    private final Installation installation;
    private final DataDirectory dataDirectory;

    CopyChecks(Installation installation, DataDirectory dataDirectory) {
        this.installation = installation;
        this.dataDirectory = dataDirectory;
    }

    /** What is asked of the disk. */
    public List<Check> of(Inventory primary) {
        return List.of(movable(), space(primary), tablespaces(primary));
    }

    /** Whether a server of that version can be copied for the one that is installed here. */
    public Check version(ServerVersion theirs) {
        var ours = installation.version();
        if (theirs.major() < ServerVersion.OLDEST_MAJOR) {
            return failure(
                    "version",
                    "The primary runs PostgreSQL %s.".formatted(theirs),
                    "Upgrade to %d or newer.".formatted(ServerVersion.OLDEST_MAJOR));
        }
        if (theirs.major() != ours.major()) {
            return failure(
                    "version",
                    "The primary runs PostgreSQL %s, here %s is installed.".formatted(theirs, ours),
                    "Install PostgreSQL %d here and point estafet.postgres.bin-directory to it: physical replication works"
                                    .formatted(theirs.major())
                            + " only within one major version.");
        }
        return theirs.equals(ours)
                ? pass("version", "Both have PostgreSQL %s.".formatted(ours))
                : warning(
                        "version",
                        "The primary runs PostgreSQL %s, here %s is installed.".formatted(theirs, ours),
                        "Bring both to the same minor version.");
    }

    private Check movable() {
        try {
            return dataDirectory
                    .whyNotMovable()
                    .map(why -> failure(
                            "data-directory-movable",
                            "The data directory cannot be renamed: " + why + ".",
                            "Use a directory below the mount point, in a parent that belongs to the service's user."))
                    .orElseGet(() -> pass("data-directory-movable", "The data directory can be renamed."));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private Check space(Inventory inventory) {
        try {
            var free = dataDirectory.freeBytes();
            var found = "%s are free beside the data directory, the primary's databases have %s."
                    .formatted(ByteSize.format(free), ByteSize.format(inventory.bytes()));
            return free >= inventory.bytes() + SPARE_BYTES
                    ? pass("space", found)
                    : failure("space", found, "Make room, for WAL that comes in meanwhile too.");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** {@code pg_basebackup} puts tablespaces at the same absolute paths. */
    private static Check tablespaces(Inventory inventory) {
        var taken = inventory.tablespaces().stream()
                .map(Path::of)
                .filter(Files::exists)
                .filter(path -> !isEmpty(path))
                .map(Path::toString)
                .toList();
        return taken.isEmpty()
                ? pass("tablespaces", "No tablespace of the primary is in the way.")
                : failure(
                        "tablespaces",
                        "Directories of the primary's tablespaces hold files here: " + String.join(", ", taken) + ".",
                        "Move them away: the copy puts the tablespaces at the same paths.");
    }

    private static boolean isEmpty(Path directory) {
        try (var entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        } catch (IOException failure) {
            return false;
        }
    }
}

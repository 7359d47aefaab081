package dev.estafet.setup;

import dev.estafet.postgres.DurableFile;
import dev.estafet.postgres.Installation;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The standby's data directory as a whole: set aside by a rename, emptied, put back. Data of others is never deleted. */
@Singleton
final class DataDirectory {

    /** What {@code initdb} and {@code pg_basebackup} give it, and what the server insists on. */
    private static final Set<PosixFilePermission> MODE = PosixFilePermissions.fromString("rwx------");

    private final Path data;

    @Inject
    DataDirectory(Installation installation) {
        this(installation.data());
    }

    DataDirectory(Path data) {
        this.data = data;
    }

    /** Where the data will be kept for the length of this operation and after it. */
    Path asideFor(String operation) {
        return data.resolveSibling(data.getFileName() + ".before-" + operation);
    }

    Path parent() {
        return Objects.requireNonNull(data.toAbsolutePath().getParent());
    }

    /** Why the directory cannot be renamed; a mount point cannot, and the parent must let us. */
    Optional<String> whyNotMovable() throws IOException {
        if (!Files.isWritable(parent())) {
            return Optional.of("%s is not writable for the service's user".formatted(parent()));
        }
        if (Files.isDirectory(data) && !device(data).equals(device(parent()))) {
            return Optional.of("%s is a mount point".formatted(data));
        }
        return Optional.empty();
    }

    long freeBytes() throws IOException {
        return parent().toFile().getUsableSpace();
    }

    /** Not {@link Files#getFileStore}, which looks the mount point up by name and finds none in a chroot. */
    private static Object device(Path directory) throws IOException {
        return Files.getAttribute(directory, "unix:dev");
    }

    /**
     * Renames the directory, if it is to be kept, and leaves an empty one in its place.
     *
     * @throws UncheckedIOException where there was nothing to keep but now there is
     */
    void setAside(@Nullable Path aside) {
        if (aside == null) {
            deleteIfEmpty();
        } else if (!Files.exists(aside)) {
            DurableFile.rename(data, aside);
        }
        makeEmpty();
    }

    private void deleteIfEmpty() {
        try {
            Files.deleteIfExists(data);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot replace " + data + ", which was empty a moment ago", failure);
        }
    }

    /** Deletes the copy that was begun and puts the old directory back. */
    void putBack(@Nullable Path aside) {
        if (aside == null) {
            makeEmpty();
            return;
        }
        if (Files.exists(aside)) {
            delete(data);
            DurableFile.rename(aside, data);
        }
    }

    /** Owner and mode as the server wants them (runbook, step 11). */
    String verifyOwnerAndMode() throws IOException {
        var owner = Files.getOwner(data);
        var self = Files.getOwner(parent().getFileSystem().getPath("/proc/self"));
        Files.setPosixFilePermissions(data, MODE);
        if (!owner.equals(self)) {
            throw new IOException("%s belongs to %s, the service runs as %s".formatted(data, owner, self));
        }
        return "%s belongs to %s with mode 0700".formatted(data, owner.getName());
    }

    private void makeEmpty() {
        try {
            delete(data);
            Files.createDirectory(data, PosixFilePermissions.asFileAttribute(MODE));
            DurableFile.syncDirectory(parent());
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot make " + data, failure);
        }
    }

    /** Does not follow links, so nothing outside is touched. */
    private static void delete(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path emptied, @Nullable IOException failure)
                        throws IOException {
                    Files.delete(emptied);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot empty " + directory, failure);
        }
    }
}

package dev.estafet.postgres;

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
import java.util.EnumSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The data directory as a whole: set aside by a rename, emptied, put back, and closed for as long as what is in it must not
 * be started. Data of others is never deleted.
 */
@Singleton
public final class DataDirectory {

    /** What {@code initdb} and {@code pg_basebackup} give it, and what the server insists on. */
    private static final Set<PosixFilePermission> MODE = PosixFilePermissions.fromString("rwx------");

    /** Right for nobody to do anything with, without the one to enter; wrong enough for {@code postgres} to refuse to start. */
    private static final PosixFilePermission CLOSED = PosixFilePermission.OTHERS_WRITE;

    private final Path data;

    @Inject
    DataDirectory(Installation installation) {
        this(installation.data());
    }

    DataDirectory(Path data) {
        this.data = data;
    }

    /** Where the data will be kept for the length of this operation and after it. */
    public Path asideFor(String operation) {
        return data.resolveSibling(data.getFileName() + ".before-" + operation);
    }

    Path parent() {
        return Objects.requireNonNull(data.toAbsolutePath().getParent());
    }

    /** Why the directory cannot be renamed; a mount point cannot, and the parent must let us. */
    public Optional<String> whyNotMovable() throws IOException {
        if (!Files.isWritable(parent())) {
            return Optional.of("%s is not writable for the service's user".formatted(parent()));
        }
        if (Files.isDirectory(data) && !device(data).equals(device(parent()))) {
            return Optional.of("%s is a mount point".formatted(data));
        }
        return Optional.empty();
    }

    public long freeBytes() throws IOException {
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
    public void setAside(@Nullable Path aside) {
        Tool.endLeftOvers(data);
        if (aside == null) {
            deleteIfEmpty();
        } else if (!Files.exists(aside)) {
            DurableFile.rename(data, aside);
        }
        makeEmpty();
    }

    /** Whether there is nothing in it, so nothing to set aside. */
    public boolean isEmpty() {
        return !Files.isDirectory(data) || Installation.children(data).isEmpty();
    }

    private void deleteIfEmpty() {
        try {
            Files.deleteIfExists(data);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot replace " + data + ", which was empty a moment ago", failure);
        }
    }

    /** Deletes the copy that was begun and puts the old directory back. */
    public void putBack(@Nullable Path aside) {
        Tool.endLeftOvers(data);
        if (aside == null) {
            makeEmpty();
            return;
        }
        if (Files.exists(aside)) {
            delete(data);
            DurableFile.rename(aside, data);
        }
    }

    /**
     * From now on, whoever starts it, the server refuses: a directory that others may write to is none that it works in
     * ({@code checkDataDir} in {@code src/backend/utils/init/miscinit.c}).
     */
    public void close() {
        allow(true);
    }

    /** Takes {@link #close} back. */
    public void open() {
        allow(false);
    }

    /** Whether what is in it must not be started: a rewind was begun and has not been brought to its end. */
    public boolean isClosed() {
        try {
            return Files.exists(data) && Files.getPosixFilePermissions(data).contains(CLOSED);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot look at " + data, failure);
        }
    }

    private void allow(boolean others) {
        try {
            var mode = EnumSet.copyOf(Files.getPosixFilePermissions(data));
            if (others ? mode.add(CLOSED) : mode.remove(CLOSED)) {
                Files.setPosixFilePermissions(data, mode);
            }
            DurableFile.syncDirectory(data);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot change the mode of " + data, failure);
        }
    }

    /** Owner and mode as the server wants them (runbook, step 11). */
    public String verifyOwnerAndMode() {
        try {
            var owner = Files.getOwner(data);
            var self = Files.getOwner(parent().getFileSystem().getPath("/proc/self"));
            Files.setPosixFilePermissions(data, MODE);
            if (!owner.equals(self)) {
                throw new IOException("%s belongs to %s, the service runs as %s".formatted(data, owner, self));
            }
            return "%s belongs to %s with mode 0700".formatted(data, owner.getName());
        } catch (IOException failure) {
            throw new UncheckedIOException("the data directory is not as the server wants it", failure);
        }
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

package dev.estafet.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Files that survive a crash whole: after a write returned, the file has the new content, and before that the old one,
 * also through a power cut. The order is PostgreSQL's own ({@code durable_rename} in {@code src/backend/storage/file/fd.c}):
 * write a temporary file, fsync it, rename it, fsync the directory.
 */
public final class DurableFile {

    /** For what only the service's user may read. */
    public static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rw-------");

    private DurableFile() {}

    /** Replaces the file, or makes it, readable by the owner only. */
    public static void write(Path file, String content) {
        write(file, content, PRIVATE);
    }

    /** Replaces the file, or makes it, with these permissions. */
    public static void write(Path file, String content, Set<PosixFilePermission> permissions) {
        var temporary = file.resolveSibling("." + file.getFileName() + ".new");
        try {
            Files.deleteIfExists(temporary);
            Files.createFile(temporary, PosixFilePermissions.asFileAttribute(permissions));
            Files.setPosixFilePermissions(temporary, permissions);
            try (var channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                write(channel, content);
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot write " + file, failure);
        }
        try {
            syncDirectory(directoryOf(file));
        } catch (IOException failure) {
            throw new InDoubt(file, failure);
        }
    }

    /**
     * Writes over the begin of a file that is there, in one write to blocks that the disk has given it already: no new file,
     * no rename and so no wait for what others have to write, as an fsync of those takes ({@code fdatasync(2)}). What a crash
     * leaves may be half of it, so the content must show whether it is whole; and once this has failed, it may be there or
     * not.
     *
     * @throws InDoubt where the content may be there after a crash
     */
    public static void overwrite(Path file, String content) {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            makeDurable(channel, file, content);
        } catch (InDoubt failure) {
            throw failure;
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot open " + file, failure);
        }
    }

    private static void makeDurable(FileChannel channel, Path file, String content) {
        try {
            write(channel, content);
            channel.force(false);
        } catch (IOException failure) {
            throw new InDoubt(file, failure);
        }
    }

    private static void write(FileChannel channel, String content) throws IOException {
        var bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** The file has its new content now, but whether it will have that or the old one after a crash is not known. */
    public static final class InDoubt extends UncheckedIOException {

        private static final long serialVersionUID = 1L;

        public InDoubt(Path file, IOException failure) {
            super("cannot make durable " + file, failure);
        }
    }

    /** Replaces a file that exists, and keeps its permissions. */
    public static void replace(Path file, String content) {
        try {
            write(file, content, Files.getPosixFilePermissions(file));
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot replace " + file, failure);
        }
    }

    /** Deletes the file, if it is there, for good; also where an earlier attempt deleted it and could not sync that. */
    public static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
            syncDirectory(directoryOf(file));
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot delete " + file, failure);
        }
    }

    /** Renames a file or directory within its parent, for good. */
    public static void rename(Path from, Path to) {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
            syncDirectory(directoryOf(to));
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot rename " + from + " to " + to, failure);
        }
    }

    /** Copies files, with their permissions, into a directory, which is made; a copy that was begun is made anew. */
    public static void copy(List<Path> files, Path directory) {
        try {
            Files.createDirectories(directory);
            for (var file : files) {
                var copy = directory.resolve(file.getFileName());
                Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
                try (var channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
            }
            syncDirectory(directory);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot copy to " + directory, failure);
        }
    }

    /** Makes the directory's entries durable. */
    public static void syncDirectory(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static Path directoryOf(Path file) {
        return Objects.requireNonNull(file.toAbsolutePath().getParent());
    }
}

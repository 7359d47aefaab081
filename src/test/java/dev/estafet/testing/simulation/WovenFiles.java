package dev.estafet.testing.simulation;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.CopyOption;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** {@link java.nio.file.Files} on the disk of the machine whose service runs; what changes something is a step of it. */
public final class WovenFiles {

    private static final Set<PosixFilePermission> MODE =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private WovenFiles() {}

    /** The disk is full, or broken. */
    static final class DiskFailure extends IOException {
        private static final long serialVersionUID = 1L;

        DiskFailure(String message) {
            super(message);
        }

        @Override
        public Throwable fillInStackTrace() {
            return this;
        }
    }

    private static Disk disk() {
        return Woven.service().machine.disk;
    }

    private static Disk changing(String what, Path path) throws IOException {
        var service = Woven.service();
        var machine = service.machine;
        machine.world.pass(machine.world.skewed(World.MICRO, 50 * World.MICRO));
        Faults.fileStep(service);
        if (machine.diskFails()) {
            machine.world.trace(machine.name, () -> "disk fails: " + what + " " + path);
            throw new DiskFailure("No space left on device");
        }
        return machine.disk;
    }

    public static boolean exists(Path path, LinkOption... options) {
        return disk().exists(path);
    }

    public static boolean isDirectory(Path path, LinkOption... options) {
        return disk().isDirectory(path);
    }

    public static Stream<Path> list(Path directory) {
        return disk().children(directory).stream();
    }

    public static byte[] readAllBytes(Path path) throws IOException {
        var content = disk().read(path);
        if (content == null) {
            throw new NoSuchFileException(path.toString());
        }
        return content;
    }

    public static String readString(Path path) throws IOException {
        return new String(readAllBytes(path), StandardCharsets.UTF_8);
    }

    public static List<String> readAllLines(Path path) throws IOException {
        return readString(path).lines().toList();
    }

    public static Set<PosixFilePermission> getPosixFilePermissions(Path path, LinkOption... options) {
        return MODE;
    }

    public static Path setPosixFilePermissions(Path path, Set<PosixFilePermission> permissions) {
        return path;
    }

    public static boolean deleteIfExists(Path path) throws IOException {
        if (!disk().exists(path)) {
            return false;
        }
        return changing("delete", path).delete(path);
    }

    public static Path createFile(Path path, FileAttribute<?>... attributes) throws IOException {
        changing("create", path).create(path, false);
        return path;
    }

    public static Path createDirectories(Path path, FileAttribute<?>... attributes) {
        return path;
    }

    public static Path move(Path from, Path to, CopyOption... options) throws IOException {
        changing("rename", from).move(from, to);
        return to;
    }

    /** An open file, or a directory that is to be synced. */
    static final class Channel extends FileChannel {

        private final Path path;
        private int position;

        Channel(Path path) {
            this.path = path;
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            var bytes = new byte[source.remaining()];
            source.get(bytes);
            changing("write", path).write(path, position, bytes);
            position += bytes.length;
            return bytes.length;
        }

        @Override
        public void force(boolean metaData) throws IOException {
            var world = Woven.service().machine.world;
            world.pass(world.skewed(50 * World.MICRO, 5 * World.MILLI));
            var disk = changing("fsync", path);
            if (!Woven.MUTATION.isDropped(disk.isDirectory(path))) {
                disk.sync(path);
            }
        }

        @Override
        protected void implCloseChannel() {
            // Nothing is held.
        }

        @Override
        public int read(ByteBuffer target) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long read(ByteBuffer[] targets, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long write(ByteBuffer[] sources, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long position() {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileChannel position(long position) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long size() {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileChannel truncate(long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long transferFrom(ReadableByteChannel source, long position, long count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int read(ByteBuffer target, long position) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int write(ByteBuffer source, long position) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MappedByteBuffer map(MapMode mode, long position, long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileLock lock(long position, long size, boolean shared) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) {
            throw new UnsupportedOperationException();
        }
    }
}

package dev.estafet.testing;

import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A small file system of its own, in memory, that can be full. Takes root. */
final class Disk implements AutoCloseable {

    private static final long SIZE = 1L << 30;

    private final Path directory;

    /** Mounts it there. */
    Disk(Path directory) {
        this.directory = ServerUser.makeDirectory(directory);
        ServerUser.runAsCaller(
                List.of("mount", "-t", "tmpfs", "-o", "mode=755,size=" + SIZE, "estafet-test", directory.toString()));
        ServerUser.own(directory);
    }

    /**
     * From now on it is no larger than what it holds: not one more page can be written. What was written between the look
     * and the change makes the change impossible, so it is tried again.
     */
    void fill() {
        await("a full disk").ignoreExceptions().untilAsserted(() -> {
            var store = Files.getFileStore(directory);
            resize(store.getTotalSpace() - store.getUnallocatedSpace());
        });
    }

    void empty() {
        resize(SIZE);
    }

    private void resize(long bytes) {
        ServerUser.runAsCaller(List.of("mount", "-o", "remount,size=" + bytes, directory.toString()));
    }

    @Override
    public void close() {
        ServerUser.runAsCaller(List.of("umount", "-l", directory.toString()));
    }
}

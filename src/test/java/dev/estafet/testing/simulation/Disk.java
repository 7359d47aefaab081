package dev.estafet.testing.simulation;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A disk behind a cache: what was written is seen at once, and is there after a power cut only where it was fsynced, the
 * content by an fsync of the file and its name by one of the directory. What was not may be there all the same.
 */
final class Disk {

    /** A file's or directory's content, whatever its names. */
    static final class Inode {
        private final boolean isDirectory;
        private byte[] content = {};
        private byte[] durable = {};

        Inode(boolean isDirectory) {
            this.isDirectory = isDirectory;
        }
    }

    private static final int SECTOR = 512;

    private Map<Path, Inode> names = new HashMap<>();
    private Map<Path, Inode> durable = new HashMap<>();

    boolean exists(Path path) {
        return names.containsKey(path);
    }

    boolean isDirectory(Path path) {
        var inode = names.get(path);
        return inode != null && inode.isDirectory;
    }

    /** Nothing where there is no such file. */
    byte[] read(Path path) {
        var inode = names.get(path);
        return inode == null ? null : inode.content;
    }

    Inode create(Path path, boolean directory) {
        var inode = new Inode(directory);
        names.put(path, inode);
        return inode;
    }

    void write(Path path, int at, byte[] bytes) {
        var inode = names.get(path);
        var changed = Arrays.copyOf(inode.content, Math.max(inode.content.length, at + bytes.length));
        System.arraycopy(bytes, 0, changed, at, bytes.length);
        inode.content = changed;
    }

    boolean delete(Path path) {
        return names.remove(path) != null;
    }

    void move(Path from, Path to) {
        names.put(to, names.remove(from));
    }

    void sync(Path path) {
        var inode = names.get(path);
        if (inode == null) {
            return;
        }
        if (!inode.isDirectory) {
            inode.durable = inode.content;
            return;
        }
        durable.keySet().removeIf(name -> path.equals(name.getParent()) && !names.containsKey(name));
        names.forEach((name, file) -> {
            if (path.equals(name.getParent())) {
                durable.put(name, file);
            }
        });
    }

    /** Writes as a server does that syncs whatever matters. */
    void writeDurably(Path path, byte[] content) {
        var inode = new Inode(false);
        inode.content = content;
        inode.durable = content;
        names.put(path, inode);
        durable.put(path, inode);
    }

    void deleteDurably(Path path) {
        names.remove(path);
        durable.remove(path);
    }

    List<Path> children(Path directory) {
        return names.keySet().stream()
                .filter(name -> directory.equals(name.getParent()))
                .sorted()
                .toList();
    }

    /** What was not synced is there afterwards, or is not, each by chance. */
    void cutPower(SplittableRandom chance) {
        var all = new HashSet<>(names.keySet());
        all.addAll(durable.keySet());
        var after = new HashMap<Path, Inode>();
        all.stream().sorted().forEach(name -> {
            var seen = names.get(name);
            var kept = durable.get(name);
            var left = seen == kept || chance.nextBoolean() ? kept : seen;
            if (left != null) {
                after.put(name, left);
            }
        });
        after.values().stream().distinct().filter(inode -> inode.content != inode.durable).toList().stream()
                .forEach(inode -> inode.content = chance.nextBoolean() ? inode.durable : torn(inode, chance));
        after.values().forEach(inode -> inode.durable = inode.content);
        names = after;
        durable = new HashMap<>(after);
    }

    /** What of a change has come to the disk without being synced: each sector by chance, and how long the file is. */
    private static byte[] torn(Inode inode, SplittableRandom chance) {
        var torn = Arrays.copyOf(inode.durable, chance.nextInt(inode.durable.length, inode.content.length + 1));
        for (int at = 0; at < torn.length; at += SECTOR) {
            if (chance.nextBoolean()) {
                System.arraycopy(inode.content, at, torn, at, Math.min(SECTOR, torn.length - at));
            }
        }
        return torn;
    }
}

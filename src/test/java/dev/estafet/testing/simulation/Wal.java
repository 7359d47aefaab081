package dev.estafet.testing.simulation;

import java.util.ArrayList;
import java.util.List;

/** What a server has of the write-ahead log: whole records, and of them those that are on its disk. */
final class Wal {

    static final long BEGIN = 0x3000028L;

    /**
     * A record.
     *
     * @param timeline on which it was written
     * @param commit what a client or a service committed with it; nothing of a record of the server's own
     */
    record Entry(long start, long end, int timeline, String commit, boolean isShutdown) {}

    private final List<Entry> entries = new ArrayList<>();
    int flushed;

    int size() {
        return entries.size();
    }

    Entry get(int index) {
        return entries.get(index);
    }

    Entry append(int timeline, String commit, boolean isShutdown) {
        var start = end(entries.size());
        var entry = new Entry(start, start + (commit == null ? 0x78 : 0x80), timeline, commit, isShutdown);
        entries.add(entry);
        return entry;
    }

    void add(Entry entry) {
        entries.add(entry);
    }

    /** Where the first so many end. */
    long end(int count) {
        return count == 0 ? BEGIN : entries.get(count - 1).end();
    }

    int timeline(int count) {
        return count == 0 ? 1 : entries.get(count - 1).timeline();
    }

    /** What had not been flushed is lost. */
    void crash() {
        entries.subList(flushed, entries.size()).clear();
    }

    /** Whether all of this log is the beginning of the other. */
    boolean isPrefixOf(Wal other) {
        return entries.size() <= other.entries.size()
                && (entries.isEmpty() || other.entries.get(entries.size() - 1) == entries.getLast());
    }

    boolean holds(String commit) {
        return entries.stream().anyMatch(entry -> commit.equals(entry.commit()));
    }

    List<Entry> entries() {
        return entries;
    }
}

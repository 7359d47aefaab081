package dev.estafet.postgres;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The timelines through which a server's WAL has come, the oldest first, the server's own last; of a timeline that others
 * branch off, a history holds only what it has in common with its own.
 *
 * @param branches never empty; all but the last have an end
 */
@RegisterForReflection
public record TimelineHistory(List<Branch> branches) {

    /**
     * One timeline's part of a history.
     *
     * @param end where the next timeline left it; absent of the last one, which goes on
     */
    @RegisterForReflection
    public record Branch(Timeline timeline, @Nullable Lsn end) {}

    /**
     * Where two histories part.
     *
     * @param timeline the last one that they have in common
     * @param point up to where they have it in common; absent where it is the last one of both
     */
    @RegisterForReflection
    public record Parting(Timeline timeline, @Nullable Lsn point) {

        /** Whether that timeline's WAL up to {@code end} is in both. */
        public boolean covers(Timeline other, Lsn end) {
            return timeline.equals(other) && (point == null || !end.isAfter(point));
        }
    }

    /** The history of a server that has never been on another timeline than this one. */
    public static TimelineHistory of(Timeline only) {
        return new TimelineHistory(List.of(new Branch(only, null)));
    }

    /**
     * Reads a history file: in each line a parent timeline, the position at which it was left, and a reason; blank lines
     * and comments do not count ({@code readTimeLineHistory} in {@code src/backend/access/transam/timeline.c}).
     *
     * @param current the timeline that the file is of
     * @throws IllegalArgumentException where PostgreSQL would refuse it too
     */
    public static TimelineHistory parse(Timeline current, String content) {
        var branches = new ArrayList<Branch>();
        content.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .forEach(line -> branches.add(parent(line)));
        branches.add(new Branch(current, null));
        for (int i = 1; i < branches.size(); i++) {
            if (!branches.get(i).timeline().isAfter(branches.get(i - 1).timeline())) {
                throw new IllegalArgumentException("timelines do not ascend in the history of " + current);
            }
        }
        return new TimelineHistory(List.copyOf(branches));
    }

    private static Branch parent(String line) {
        var words = line.split("\\s+", 3);
        if (words.length < 2) {
            throw new IllegalArgumentException("not a line of a timeline history: " + line);
        }
        try {
            return new Branch(new Timeline(Integer.parseUnsignedInt(words[0])), Lsn.parse(words[1]));
        } catch (NumberFormatException malformed) {
            throw new IllegalArgumentException("not a line of a timeline history: " + line, malformed);
        }
    }

    /**
     * The history of a timeline that a server has been on.
     *
     * @return nothing where its history file is missing or makes no sense; the first timeline has none and needs none
     */
    public static Optional<TimelineHistory> read(Path dataDirectory, Timeline timeline) {
        if (timeline.isFirst()) {
            return Optional.of(of(timeline));
        }
        var file = dataDirectory.resolve("pg_wal").resolve(timeline.historyFile());
        try {
            return Files.exists(file) ? Optional.of(parse(timeline, Files.readString(file))) : Optional.empty();
        } catch (IllegalArgumentException corrupt) {
            return Optional.empty();
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
        }
    }

    /** The server's own timeline. */
    public Timeline current() {
        return branches.getLast().timeline();
    }

    /** Where the current timeline left its parent; nothing of a timeline without one. */
    public Optional<Lsn> begin() {
        return branches.size() < 2
                ? Optional.empty()
                : Optional.ofNullable(branches.get(branches.size() - 2).end());
    }

    /**
     * Where this history and another part, as {@code pg_rewind} finds it ({@code findCommonAncestorTimeline}): the last
     * timeline that began at the same position in both, up to where the first of them left it.
     *
     * @return nothing where they have no timeline in common
     */
    public Optional<Parting> partingFrom(TimelineHistory other) {
        Optional<Parting> parting = Optional.empty();
        for (int i = 0; i < Math.min(branches.size(), other.branches.size()); i++) {
            var mine = branches.get(i);
            var theirs = other.branches.get(i);
            if (!mine.timeline().equals(theirs.timeline())) {
                return parting;
            }
            parting = Optional.of(new Parting(mine.timeline(), earlier(mine.end(), theirs.end())));
            if (mine.end() == null || !mine.end().equals(theirs.end())) {
                return parting;
            }
        }
        return parting;
    }

    private static @Nullable Lsn earlier(@Nullable Lsn one, @Nullable Lsn other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.isAfter(other) ? other : one;
    }
}

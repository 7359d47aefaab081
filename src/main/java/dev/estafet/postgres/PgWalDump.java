package dev.estafet.postgres;

import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * Finds the real end of a stopped server's WAL with {@code pg_waldump}, which reads on until the first record that is not
 * valid, as crash recovery does. Where the server was not shut down cleanly that lies past all that the control file names.
 */
@Singleton
public final class PgWalDump {

    private static final Logger LOG = Logger.getLogger(PgWalDump.class);

    /** The record before the one that is not there is named first; what follows differs between versions. */
    private static final Pattern LAST = Pattern.compile("error in WAL record at ([0-9A-F]+/[0-9A-F]+)");

    private static final Pattern MISSING = Pattern.compile("could not find file \"([0-9A-F]{24})\"");
    private static final Pattern LENGTH = Pattern.compile("len \\(rec/tot\\): +\\d+/ +(\\d+)");
    private static final Pattern REDO = Pattern.compile("CHECKPOINT_\\w+ redo ([0-9A-F]+/[0-9A-F]+)");
    /** {@code XLOG_BLCKSZ}, and the headers of a page and of a segment's first ({@code xlog_internal.h}). */
    private static final int PAGE = 8192;

    private static final int PAGE_HEADER = 24;
    private static final int SEGMENT_HEADER = 40;
    private static final int ALIGNMENT = 8;

    private static final Duration LONGEST = Duration.ofMinutes(30);

    private final Installation installation;

    PgWalDump(Installation installation) {
        this.installation = installation;
    }

    /**
     * Where the WAL of a timeline ends.
     *
     * @param from the start of a record that is there
     * @return nothing where that record cannot be read
     */
    public Optional<Lsn> endOfWal(WalFiles wal, Timeline timeline, Lsn from) {
        var said = read(wal, timeline, from, "-q");
        var last = LAST.matcher(said);
        if (last.find()) {
            return endOf(wal, timeline, Lsn.parse(last.group(1)));
        }
        // The WAL filled its last segment; where in it the last record ended is not told, but it cannot be later.
        if (said.isBlank()) {
            return Optional.of(new Lsn(lastSegment(wal, timeline, from).value() + wal.segmentBytes()));
        }
        var missing = MISSING.matcher(said);
        if (missing.find()) {
            return Optional.of(wal.startOf(missing.group(1))).filter(end -> end.isAfter(from));
        }
        LOG.warnf("Where the WAL on timeline %s ends after %s is not to be found: %s", timeline, from, said.strip());
        return Optional.empty();
    }

    /**
     * Where the WAL of a stopped server ends on its newest timeline. On one without a checkpoint yet, its WAL begins where it
     * left its parent; maybe with nothing.
     */
    public Optional<Lsn> endOfWal(WalFiles wal, PgControlData control, TimelineHistory newest) {
        if (control.timeline().equals(newest.current())) {
            return endOfWal(wal, newest.current(), control.checkpoint());
        }
        return newest.begin()
                .flatMap(begin -> endOfWal(wal, newest.current(), begin).or(() -> Optional.of(begin)));
    }

    /** From where a recovery that begins with this checkpoint needs WAL; nothing where its record cannot be read. */
    public Optional<Lsn> redo(WalFiles wal, PgRewind.Checkpoint checkpoint) {
        var redo = REDO.matcher(read(wal, checkpoint.timeline(), checkpoint.record(), "-n", "1"));
        return redo.find() ? Optional.of(Lsn.parse(redo.group(1))) : Optional.empty();
    }

    private Optional<Lsn> endOf(WalFiles wal, Timeline timeline, Lsn record) {
        var length = LENGTH.matcher(read(wal, timeline, record, "-n", "1"));
        return length.find()
                ? Optional.of(after(record, Long.parseLong(length.group(1)), wal.segmentBytes()))
                : Optional.empty();
    }

    private static Lsn lastSegment(WalFiles wal, Timeline timeline, Lsn from) {
        var after = wal.between(timeline, from, new Lsn(-1));
        return after.isEmpty() ? wal.segmentOf(from) : after.getLast().start();
    }

    /**
     * Ends with an error by its nature, unless the last segment is full: there is a first record that is not valid. The
     * segments are named, since {@code pg_waldump} looks up their size in the first one that it comes across, and one that
     * was made in advance is full of zeros ({@code search_directory} in {@code src/bin/pg_waldump/pg_waldump.c}).
     */
    private String read(WalFiles wal, Timeline timeline, Lsn from, String... options) {
        var said = new StringBuilder();
        var command = new ArrayList<>(
                List.of(installation.tool("pg_waldump"), "-p", wal.directory().toString(), "-s", from.toString()));
        command.addAll(List.of(options));
        command.add(wal.nameAt(timeline, from));
        command.add(wal.nameAt(timeline, lastSegment(wal, timeline, from)));
        try {
            Tool.run(command, Map.of(), LONGEST, line -> said.append(line).append('\n'), () -> false);
        } catch (ProblemException failure) {
            if (failure.problem().kind() != Kind.COMMAND_FAILED) {
                throw failure;
            }
        }
        return said.toString();
    }

    /** The position right after a record, with the headers of the pages that it runs over; records are aligned. */
    static Lsn after(Lsn record, long length, long segmentBytes) {
        var position = record.value();
        var left = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        for (var room = PAGE - position % PAGE; left > room; room = PAGE - position % PAGE) {
            left -= room;
            position += room;
            position += Long.remainderUnsigned(position, segmentBytes) == 0 ? SEGMENT_HEADER : PAGE_HEADER;
        }
        return new Lsn(position + left);
    }
}

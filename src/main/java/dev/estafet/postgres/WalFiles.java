package dev.estafet.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The WAL segments in a directory, {@code pg_wal} or where they are kept. Their names are the timeline and the segment's
 * number, in two halves ({@code XLogFileName} in {@code src/include/access/xlog_internal.h}).
 *
 * @param segmentBytes the size of each, from the control file
 */
public record WalFiles(Path directory, long segmentBytes) {

    private static final Pattern NAME = Pattern.compile("([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})");
    private static final long SEGMENTS_IN = 0x1_0000_0000L;

    /**
     * One segment.
     *
     * @param start the first position that it holds
     */
    public record Segment(Timeline timeline, Lsn start, Path file) {}

    /** The segments of a data directory. */
    public static WalFiles of(Path dataDirectory, PgControlData control) {
        return new WalFiles(dataDirectory.resolve("pg_wal"), control.segmentBytes());
    }

    /** All segments, in the order of their names. */
    public List<Segment> all() {
        return Installation.children(directory).stream()
                .flatMap(file -> segment(file).stream())
                .sorted(Comparator.comparing(it -> String.valueOf(it.file().getFileName())))
                .toList();
    }

    private Optional<Segment> segment(Path file) {
        var matcher = NAME.matcher(String.valueOf(file.getFileName()));
        return matcher.matches()
                ? Optional.of(new Segment(
                        new Timeline(Integer.parseUnsignedInt(matcher.group(1), 16)),
                        startOf(matcher.group(2), matcher.group(3)),
                        file))
                : Optional.empty();
    }

    /** The first position that the segment of that name holds. */
    public Lsn startOf(String name) {
        var matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not the name of a WAL segment: " + name);
        }
        return startOf(matcher.group(2), matcher.group(3));
    }

    private Lsn startOf(String high, String low) {
        return new Lsn((Long.parseLong(high, 16) << 32) + Long.parseLong(low, 16) * segmentBytes);
    }

    /** Name of the segment that holds a position. */
    public String nameAt(Timeline timeline, Lsn position) {
        var number = Long.divideUnsigned(position.value(), segmentBytes);
        var each = SEGMENTS_IN / segmentBytes;
        return String.format(Locale.ROOT, "%08X%08X%08X", timeline.id(), number / each, number % each);
    }

    /** Begin of the segment that holds a position. */
    public Lsn segmentOf(Lsn position) {
        return new Lsn(position.value() - Long.remainderUnsigned(position.value(), segmentBytes));
    }

    /** The newest timeline that there is WAL of. */
    public Optional<Timeline> newestTimeline() {
        return all().stream().map(Segment::timeline).max(Comparator.naturalOrder());
    }

    /** The newest timeline that a stopped server has been on: its control file need not know of a promotion just done. */
    public Timeline newestTimeline(PgControlData control) {
        return newestTimeline()
                .filter(it -> it.isAfter(control.newestTimeline()))
                .orElse(control.newestTimeline());
    }

    /** Those of a timeline that hold anything between two positions. */
    public List<Segment> between(Timeline timeline, Lsn from, Lsn to) {
        return all().stream()
                .filter(it -> it.timeline().equals(timeline))
                .filter(it -> !segmentOf(from).isAfter(it.start()) && to.isAfter(it.start()))
                .toList();
    }

    /**
     * Makes a timeline end at a position at which a record ends: recovery reads zeros there and stops. Only for WAL that
     * was never applied.
     */
    public void cut(Timeline timeline, Lsn at) {
        try {
            for (var segment : between(timeline, at, new Lsn(-1))) {
                if (segment.start().isAfter(at)) {
                    Files.delete(segment.file());
                } else {
                    zero(segment.file(), at.minus(segment.start()));
                }
            }
            DurableFile.syncDirectory(directory);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot cut the WAL in " + directory, failure);
        }
    }

    private void zero(Path file, long offset) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            var zeros = ByteBuffer.allocate(Math.toIntExact(segmentBytes - offset));
            while (zeros.hasRemaining()) {
                channel.write(zeros, offset + zeros.position());
            }
            channel.force(true);
        }
    }
}

package dev.estafet.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * What {@code pg_controldata} prints of the control file, read straight from {@code global/pg_control}: a look costs
 * microseconds instead of a process, and the write gap is spent polling it.
 *
 * <p>The layout is {@code ControlFileData} of {@code src/include/catalog/pg_control.h}; the members used here have had
 * the same place from PostgreSQL 11 to 18. A look that overlaps with a write of the server may be torn, so the file's
 * checksum is verified. Its offset differs between versions and is therefore found, not assumed: it is where the CRC-32C
 * of everything before it stands.
 *
 * @param systemIdentifier made by {@code initdb}, the same on all nodes of a cluster; unsigned decimal
 * @param state what the server last wrote of itself
 * @param checkpoint start of the latest checkpoint record
 * @param timeline of that checkpoint
 * @param recovery up to where a standby must replay before its data is whole; on a server that was promoted, crashed and
 *     has taken no checkpoint since, where its new timeline began
 * @param isRewindable whether {@code pg_rewind} can find out what was changed: data checksums or {@code wal_log_hints}
 * @param segmentBytes size of a WAL segment
 */
public record PgControlData(
        String systemIdentifier,
        State state,
        Lsn checkpoint,
        Timeline timeline,
        Recovery recovery,
        boolean isRewindable,
        long segmentBytes) {

    /** A position on a timeline; both are 0 where there is none. */
    public record Recovery(Lsn point, Timeline timeline) {}

    /** {@code DBState}, in the order of {@code pg_control.h}. */
    public enum State {
        STARTING_UP("starting up"),
        SHUT_DOWN("shut down"),
        SHUT_DOWN_IN_RECOVERY("shut down in recovery"),
        SHUTTING_DOWN("shutting down"),
        IN_CRASH_RECOVERY("in crash recovery"),
        IN_ARCHIVE_RECOVERY("in archive recovery"),
        IN_PRODUCTION("in production");

        private final String words;

        State(String words) {
            this.words = words;
        }

        /** As {@code pg_controldata} says it. */
        @Override
        public String toString() {
            return words;
        }
    }

    private static final int STATE = 16;
    private static final int CHECKPOINT = 32;
    private static final int TIMELINE = 48;
    private static final int RECOVERY_POINT = 136;
    private static final int RECOVERY_TIMELINE = 144;
    private static final int WAL_LOG_HINTS = 176;
    private static final int SEGMENT_BYTES = 228;
    private static final int CHECKSUM_VERSION = 252;
    private static final int SMALLEST = 256;
    /** {@code PG_CONTROL_MAX_SAFE_SIZE}: written in one disk sector. */
    private static final int LARGEST = 512;

    private static final int LOOKS = 50;

    /** Whether there is a control file and it says so; read like {@link #read}. */
    public static boolean says(Path data, State state) {
        return read(data).filter(it -> it.state() == state).isPresent();
    }

    /**
     * Reads the control file of a data directory.
     *
     * @return nothing where the directory holds no control file, as one that is empty or half copied
     * @throws UncheckedIOException if the file cannot be read or stays damaged
     */
    public static Optional<PgControlData> read(Path dataDirectory) {
        var file = dataDirectory.resolve("global/pg_control");
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            for (int look = 0; look < LOOKS; look++) {
                var bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder());
                if (hasValidChecksum(bytes)) {
                    return Optional.of(parse(bytes));
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
        }
        throw new UncheckedIOException(new IOException(file + " has no valid checksum"));
    }

    private static boolean hasValidChecksum(ByteBuffer bytes) {
        var crc = new CRC32C();
        var content = bytes.array();
        var done = 0;
        for (int end = SMALLEST; end + Integer.BYTES <= Math.min(LARGEST, content.length); end += Integer.BYTES) {
            crc.update(content, done, end - done);
            done = end;
            if ((int) crc.getValue() == bytes.getInt(end)) {
                return true;
            }
        }
        return false;
    }

    private static PgControlData parse(ByteBuffer bytes) {
        return new PgControlData(
                Long.toUnsignedString(bytes.getLong(0)),
                State.values()[bytes.getInt(STATE)],
                new Lsn(bytes.getLong(CHECKPOINT)),
                new Timeline(bytes.getInt(TIMELINE)),
                new Recovery(new Lsn(bytes.getLong(RECOVERY_POINT)), new Timeline(bytes.getInt(RECOVERY_TIMELINE))),
                bytes.get(WAL_LOG_HINTS) != 0 || bytes.getInt(CHECKSUM_VERSION) != 0,
                Integer.toUnsignedLong(bytes.getInt(SEGMENT_BYTES)));
    }

    /** Whether the server has ended in order, so that its control file tells the end of its WAL. */
    public boolean isCleanlyShutDown() {
        return state == State.SHUT_DOWN || state == State.SHUT_DOWN_IN_RECOVERY;
    }

    /** Whether the server that wrote this was a primary in its last life, whatever it would be started as next. */
    public boolean wasPrimary() {
        return switch (state) {
            case SHUT_DOWN, SHUTTING_DOWN, IN_CRASH_RECOVERY, IN_PRODUCTION, STARTING_UP -> true;
            case SHUT_DOWN_IN_RECOVERY, IN_ARCHIVE_RECOVERY -> false;
        };
    }

    /** The newest timeline that the server has begun. */
    public Timeline newestTimeline() {
        return recovery.timeline().isAfter(timeline) ? recovery.timeline() : timeline;
    }
}

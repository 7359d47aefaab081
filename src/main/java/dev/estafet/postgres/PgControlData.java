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
 */
public record PgControlData(String systemIdentifier, State state, Lsn checkpoint, Timeline timeline) {

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
    private static final int SMALLEST = 200;
    /** {@code PG_CONTROL_MAX_SAFE_SIZE}: written in one disk sector. */
    private static final int LARGEST = 512;

    private static final int LOOKS = 50;

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
                new Timeline(bytes.getInt(TIMELINE)));
    }
}

package dev.estafet.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.EstafetConfig;
import dev.estafet.JsonStyle;
import dev.estafet.postgres.DurableFile;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Remembers how far the primary was when it was last seen: once it is gone, that tells who it was and what may be lost. In
 * memory it is as new as the last look; on disk, for a restart of the service, some seconds older. It decides nothing, so a
 * disk that does not take it is only logged.
 */
@Singleton
public final class PrimaryMemory {

    private static final Logger LOG = Logger.getLogger(PrimaryMemory.class);
    private static final Duration INTERVAL = Duration.ofSeconds(5);

    private final Path file;
    private final ObjectMapper json;
    private volatile @Nullable LastPrimary last;
    private volatile @Nullable LastPrimary written;

    PrimaryMemory(EstafetConfig config, ObjectMapper json) {
        this.file = config.stateDirectory().resolve("last-primary.json");
        this.json = JsonStyle.lenient(json);
        this.last = read();
        this.written = last;
    }

    public Optional<LastPrimary> last() {
        return Optional.ofNullable(last);
    }

    /** Keeps what was seen, if it is a primary that answers; not one that a newer timeline has outranked. */
    public synchronized void saw(NodeState state) {
        var timeline = state.timeline();
        var identifier = state.systemIdentifier();
        var lsn = state.lsn();
        if (!state.isRunningPrimary() || timeline == null || identifier == null || lsn == null) {
            return;
        }
        var before = last;
        if (before != null
                && before.systemIdentifier().equals(identifier)
                && before.timeline().isAfter(timeline)) {
            return;
        }
        last = new LastPrimary(state.node(), identifier, timeline, lsn, state.observedAt());
    }

    /** Brings the file up to date, where it has been too old for a while; not by the way, since that waits for the disk. */
    public void keep() {
        var now = last;
        if (now != null && isWorthWriting(now)) {
            write(now);
        }
    }

    private boolean isWorthWriting(LastPrimary now) {
        var old = written;
        return old == null
                || !old.member().equals(now.member())
                || !old.timeline().equals(now.timeline())
                || (!old.lsn().equals(now.lsn())
                        && Duration.between(old.seenAt(), now.seenAt()).abs().compareTo(INTERVAL) > 0);
    }

    private void write(LastPrimary now) {
        written = now;
        try {
            DurableFile.write(file, json.writeValueAsString(now));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        } catch (UncheckedIOException failure) {
            LOG.warnf("%s cannot be written: %s", file, failure.getMessage());
        }
    }

    private @Nullable LastPrimary read() {
        try {
            return Files.exists(file) ? json.readValue(Files.readString(file), LastPrimary.class) : null;
        } catch (IOException damaged) {
            LOG.warnf("%s cannot be read and does not count: %s", file, damaged.getMessage());
            return null;
        }
    }
}

package dev.estafet.pgbouncer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.EstafetConfig;
import dev.estafet.JsonStyle;
import dev.estafet.postgres.DurableFile;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Keeps on disk which poolers this node has to resume, from before they are paused until they are. */
@Singleton
final class Pauses {

    private final Path file;
    private final ObjectMapper json;
    private volatile @Nullable Owed current;

    Pauses(EstafetConfig config, ObjectMapper json) {
        this.file = config.stateDirectory().resolve("pauses.json");
        this.json = JsonStyle.lenient(json);
        this.current = read();
    }

    /**
     * What is owed.
     *
     * @param operation for which they were paused
     * @param poolers that have to be pointed at the primary of the day and resumed
     */
    @RegisterForReflection
    record Owed(String operation, TreeSet<String> poolers) {}

    Optional<Owed> current() {
        return Optional.ofNullable(current);
    }

    /** Owes these too, on disk when this returns; what was owed for an earlier operation still is. */
    synchronized void owe(String operation, Collection<String> poolers) {
        var all = new TreeSet<>(poolers);
        current().ifPresent(before -> all.addAll(before.poolers()));
        keep(new Owed(operation, all));
    }

    /** Owes these no more. */
    synchronized void settle(Collection<String> poolers) {
        var before = current;
        if (before == null) {
            return;
        }
        var left = new TreeSet<>(before.poolers());
        left.removeAll(poolers);
        if (!left.isEmpty()) {
            keep(new Owed(before.operation(), left));
            return;
        }
        DurableFile.delete(file);
        current = null;
    }

    private void keep(Owed owed) {
        if (owed.equals(current)) {
            return;
        }
        try {
            DurableFile.write(file, json.writeValueAsString(owed));
            current = owed;
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private @Nullable Owed read() {
        if (!Files.exists(file)) {
            return null;
        }
        try {
            return json.readValue(Files.readString(file), Owed.class);
        } catch (IOException damaged) {
            throw new UncheckedIOException(
                    file + " cannot be read: move it away once the poolers' databases are resumed", damaged);
        }
    }
}

package dev.estafet.node;

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
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether a person keeps reads away from this node; kept on disk, so that a restart in the maintenance forgets nothing. */
@Singleton
public final class Drain {

    private final Path file;
    private final ObjectMapper json;
    private volatile @Nullable Order order;

    Drain(EstafetConfig config, ObjectMapper json) {
        this.file = config.stateDirectory().resolve("drain.json");
        this.json = JsonStyle.lenient(json);
        this.order = read();
    }

    /**
     * Who drained the node, and why.
     *
     * @param by the operator
     */
    @RegisterForReflection
    public record Order(String by, @Nullable String reason, Instant at) {}

    boolean isOn() {
        return order != null;
    }

    /** Who drained it; nothing where it is not drained. */
    public Optional<Order> order() {
        return Optional.ofNullable(order);
    }

    synchronized void keep(@Nullable Order next) {
        if (next == null) {
            DurableFile.delete(file);
        } else {
            DurableFile.write(file, text(next));
        }
        order = next;
    }

    private String text(Order next) {
        try {
            return json.writeValueAsString(next);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private @Nullable Order read() {
        try {
            return Files.exists(file) ? json.readValue(Files.readString(file), Order.class) : null;
        } catch (IOException damaged) {
            throw new UncheckedIOException(file + " cannot be read: move it away, and drain the node again", damaged);
        }
    }
}

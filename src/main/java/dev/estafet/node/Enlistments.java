package dev.estafet.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.EstafetConfig;
import dev.estafet.JsonStyle;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.node.Enlistment.Stage;
import dev.estafet.postgres.DurableFile;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keeps the one enlistment of this node on disk, so that a restart of the service does not forget it. */
@Singleton
public final class Enlistments {

    private final Path file;
    private final ObjectMapper json;
    private volatile @Nullable Enlistment current;

    Enlistments(EstafetConfig config, ObjectMapper json) {
        this.file = config.stateDirectory().resolve("enlistment.json");
        this.json = JsonStyle.lenient(json);
        this.current = read();
    }

    public Optional<Enlistment> current() {
        return Optional.ofNullable(current);
    }

    /** Whether this node takes part in that operation. */
    public boolean isIn(String operation) {
        return current().filter(it -> it.operation().equals(operation)).isPresent();
    }

    /** Whether this node was demoted in that operation and has not been released from it. */
    public boolean isDemotedIn(String operation) {
        return isIn(operation) && require(operation).isDemoted();
    }

    /** Takes part; once more in the same operation changes nothing, in a second one is refused. */
    synchronized void enlist(Enlistment wanted) {
        var present = current;
        if (present == null) {
            keep(wanted);
        } else if (!present.operation().equals(wanted.operation())) {
            throw new Problem(
                            Kind.OPERATION_IN_PROGRESS,
                            "This node takes part in operation %s, driven by %s."
                                    .formatted(present.operation(), present.driver()),
                            "Wait for its end, or cancel it: DELETE /operations/" + present.operation())
                    .raised();
        }
    }

    /** Records a stage before what it permits is done; a demotion that was overtaken by what came after it is refused. */
    synchronized void advance(String operation, Stage stage) {
        var present = require(operation);
        var holdsDown = stage == Stage.DEMOTED || stage == Stage.FENCED;
        if (holdsDown && (present.stage() == Stage.RESUMED || present.stage() == Stage.FOLLOWING)) {
            throw new Problem(
                            Kind.NOT_READY,
                            "This node's part in operation %s is over.".formatted(operation),
                            "Start a new operation.")
                    .raised();
        }
        keep(present.at(stage));
    }

    /**
     * Ends the part in this operation; in another one it is left as it is. So is a demoted node, which has to be resumed, or
     * to follow, first: whoever could not bring that about, it goes on asking the driver what was decided.
     */
    synchronized void release(String operation) {
        var present = current;
        if (present != null && present.operation().equals(operation) && present.stage() != Stage.DEMOTED) {
            DurableFile.delete(file);
            current = null;
        }
    }

    /** The enlistment in this operation. */
    Enlistment require(String operation) {
        return current()
                .filter(it -> it.operation().equals(operation))
                .orElseThrow(() -> new Problem(
                                Kind.NOT_READY,
                                "This node does not take part in operation %s.".formatted(operation),
                                "It was released from it, or its state directory was lost: start a new operation.")
                        .raised());
    }

    private void keep(Enlistment next) {
        try {
            DurableFile.write(file, json.writeValueAsString(next));
            current = next;
        } catch (DurableFile.InDoubt failure) {
            // It is in the file now, whatever a power cut may bring back, and has to be taken out again.
            current = next;
            throw failure;
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private @Nullable Enlistment read() {
        if (!Files.exists(file)) {
            return null;
        }
        try {
            return json.readValue(Files.readString(file), Enlistment.class);
        } catch (IOException damaged) {
            throw new UncheckedIOException(
                    file + " cannot be read: move it away once you know that no operation is under way", damaged);
        }
    }
}

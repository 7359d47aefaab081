package dev.estafet.operation;

import dev.estafet.EstafetConfig;
import dev.estafet.cluster.Cluster;
import dev.estafet.operation.Operation.Progress;
import dev.estafet.postgres.DataDirectory;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.PgBaseBackup;
import dev.estafet.postgres.PgCtl;
import dev.estafet.postgres.Slot;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Puts a copy of the primary into the place of this node's data, and takes that back: what a setup and a rejoin do alike. */
@Singleton
public final class FreshCopy {

    private final EstafetConfig config;
    private final Cluster cluster;
    private final DataDirectory dataDirectory;
    private final PgBaseBackup baseBackup;
    private final PgCtl pgCtl;
    private final Database database;

    FreshCopy(
            EstafetConfig config,
            Cluster cluster,
            DataDirectory dataDirectory,
            PgBaseBackup baseBackup,
            PgCtl pgCtl,
            Database database) {
        this.config = config;
        this.cluster = cluster;
        this.dataDirectory = dataDirectory;
        this.baseBackup = baseBackup;
        this.pgCtl = pgCtl;
        this.database = database;
    }

    /** Keeps the old data there, or nowhere where there is none, and leaves an empty directory in its place. */
    public Optional<String> setAside(@Nullable String aside) {
        dataDirectory.setAside(path(aside));
        return Optional.of(aside == null ? "there was none" : "kept as " + aside);
    }

    /** Deletes the copy, and puts the old data back. */
    public void putBack(@Nullable String aside) {
        dataDirectory.putBack(path(aside));
    }

    private static @Nullable Path path(@Nullable String aside) {
        return aside == null ? null : Path.of(aside);
    }

    /** Copies the primary, with a slot on it made anew; the run tells how far it is, and may be cancelled meanwhile. */
    public Optional<String> take(Run run, String primary, Slot slot) {
        dropSlot(run, primary, slot);
        var member = cluster.member(primary);
        baseBackup.run(
                member,
                slot,
                done -> run.progress(new Progress(done.doneBytes(), done.totalBytes(), done.percent())),
                run::isCancelled);
        return Optional.of("copied from %s:%d, slot %s".formatted(member.host(), member.port(), slot));
    }

    /** Drops the slot of a copy that is given up, or that is lost. */
    public void dropSlot(Run run, String primary, Slot slot) {
        cluster.tell(primary, node -> node.dropSlots(run.id(), List.of(slot)));
    }

    /** Stops the server that runs on a copy which is given up. */
    public void stop() {
        pgCtl.stop(config.timeOuts().stop());
        database.forgetConnections();
    }
}

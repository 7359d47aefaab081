package dev.estafet.postgres;

import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Member;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Copies a running primary into the local, empty data directory (manual, {@code pg_basebackup}). */
@Singleton
public final class PgBaseBackup {

    private static final Pattern PROGRESS = Pattern.compile("(\\d+)/(\\d+) kB \\((\\d+)%\\)");

    private final Installation installation;
    private final EstafetConfig config;
    private final PassFile passFile;

    PgBaseBackup(Installation installation, EstafetConfig config, PassFile passFile) {
        this.installation = installation;
        this.config = config;
        this.passFile = passFile;
    }

    /**
     * How far a base backup is.
     *
     * @param doneBytes copied so far, to the kilobyte
     * @param totalBytes as estimated when it began; the WAL is not counted
     */
    public record Progress(long doneBytes, long totalBytes, int percent) {}

    /**
     * Copies all of the primary's data, with the WAL streamed along, and leaves a data directory that starts as a
     * standby of it. Makes the slot, so that the primary keeps the WAL that follows until the standby has it.
     *
     * @param progress called about once a second
     * @param cancelled asked several times a second; once true the copy is ended
     */
    public void run(Member primary, Slot slot, Consumer<Progress> progress, BooleanSupplier cancelled) {
        var command = List.of(
                installation.tool("pg_basebackup"),
                "-h",
                primary.host(),
                "-p",
                Integer.toString(primary.port()),
                "-U",
                config.replication().user(),
                "-D",
                installation.data().toString(),
                "-P",
                "-v",
                "-R",
                "-X",
                "stream",
                "-c",
                "fast",
                "-C",
                "-S",
                slot.name(),
                "-w");
        Tool.run(
                command,
                Map.of("PGPASSFILE", passFile.path().toString()),
                config.timeOuts().baseBackup(),
                line -> parse(line).ifPresent(progress),
                cancelled);
    }

    static Optional<Progress> parse(String line) {
        var matcher = PROGRESS.matcher(line);
        return matcher.find()
                ? Optional.of(new Progress(
                        Long.parseLong(matcher.group(1)) * 1024,
                        Long.parseLong(matcher.group(2)) * 1024,
                        Integer.parseInt(matcher.group(3))))
                : Optional.empty();
    }
}

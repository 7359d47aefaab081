package dev.estafet.postgres;

import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Member;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Takes a stopped server back to where its history left another's, by copying what has changed since from that one, which
 * runs (manual, {@code pg_rewind}). It needs data checksums or {@code wal_log_hints}, and WAL back to the last checkpoint
 * before the fork. When it fails half-way the data directory is lost, which is why {@link #rehearse} exists.
 */
@Singleton
public final class PgRewind {

    private static final Pattern CHECKPOINT =
            Pattern.compile("last common checkpoint at ([0-9A-F]+/[0-9A-F]+) on timeline (\\d+)");
    /** Since 15 it reads the configuration of a server that has it outside its data directory. */
    private static final int CONFIG_FILE = 15;

    private final Installation installation;
    private final EstafetConfig config;
    private final PassFile passFile;

    PgRewind(Installation installation, EstafetConfig config, PassFile passFile) {
        this.installation = installation;
        this.config = config;
        this.passFile = passFile;
    }

    /** The last checkpoint before the fork, from which the rewound server will recover. */
    public record Checkpoint(Timeline timeline, Lsn record) {}

    /**
     * Does everything but change anything.
     *
     * @return nothing where there is no need to rewind
     * @throws ProblemException of kind {@link Kind#COMMAND_FAILED} where it cannot be done, with the tool's reason
     */
    public Optional<Checkpoint> rehearse(Member source) {
        var said = new StringBuilder();
        run(source, List.of("--dry-run"), line -> said.append(line).append('\n'));
        var checkpoint = CHECKPOINT.matcher(said);
        return checkpoint.find()
                ? Optional.of(new Checkpoint(
                        new Timeline(Integer.parseUnsignedInt(checkpoint.group(2))), Lsn.parse(checkpoint.group(1))))
                : Optional.empty();
    }

    /** Does it, and returns once all is on disk. Not to be repeated when it has failed. */
    public void run(Member source, Consumer<PgBaseBackup.Progress> progress) {
        run(source, List.of("-P"), line -> PgBaseBackup.parse(line).ifPresent(progress));
    }

    /** A server that is not shut down cleanly is refused: single-user mode, which the tool would use, knows no standby. */
    private void run(Member source, List<String> options, Consumer<String> lines) {
        var command = new ArrayList<>(List.of(
                installation.tool("pg_rewind"),
                "-D",
                installation.data().toString(),
                "--source-server",
                ConnInfo.to(config.postgres().database(), connInfo(source)),
                "--no-ensure-shutdown"));
        command.addAll(options);
        if (hasRestoreCommand()
                && (!installation.isSplit() || installation.version().isAtLeast(CONFIG_FILE))) {
            command.add("--restore-target-wal");
            if (installation.isSplit()) {
                command.addAll(
                        List.of("--config-file", installation.configFile().toString()));
            }
        }
        Tool.endLeftOvers(installation.data());
        Tool.run(command, Map.of(), config.timeOuts().rewind(), lines, () -> false);
    }

    /** Whether the stopped server's configuration says where else WAL is to be had. */
    public boolean hasRestoreCommand() {
        var command = new ArrayList<>(
                List.of(installation.tool("postgres"), "-D", installation.data().toString(), "-C", "restore_command"));
        if (installation.isSplit()) {
            command.addAll(
                    List.of("-c", "config_file=" + installation.configFile().toString()));
        }
        try {
            return !Tool.run(command, Duration.ofSeconds(10)).isBlank();
        } catch (ProblemException unreadable) {
            return false;
        }
    }

    private String connInfo(Member source) {
        return ConnInfo.of(source.host(), source.port(), config.replication().user(), passFile.path(), config.node());
    }
}

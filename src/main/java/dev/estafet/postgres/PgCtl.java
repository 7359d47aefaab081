package dev.estafet.postgres;

import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Control;
import dev.estafet.Problem;
import dev.estafet.ProblemException;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jboss.logging.Logger;

/**
 * Starts and stops the server (manual, {@code pg_ctl}). Stopping is in fast mode: sessions are ended, a shutdown
 * checkpoint is written, and every connected standby is sent all of it.
 */
@Singleton
public final class PgCtl {

    private static final Logger LOG = Logger.getLogger(PgCtl.class);
    private static final Duration SIGNAL = Duration.ofSeconds(10);
    private static final Duration LOOK = Duration.ofMillis(20);
    private static final int LOG_TAIL = 12;
    private static final int PID_FILE_STATUS = 7;
    private static final Set<String> READY = Set.of("ready", "standby");
    private static final String APART = "-c hot_standby=off";

    private final Installation installation;
    private final EstafetConfig.Postgres settings;
    private final Path logFile;

    PgCtl(Installation installation, EstafetConfig config) {
        this.installation = installation;
        this.settings = config.postgres();
        this.logFile = settings.logFile().orElse(config.stateDirectory().resolve("postgresql.log"));
    }

    /** Whether a postmaster runs in the data directory. */
    public boolean isRunning() {
        return postmasterPid() > 0;
    }

    /** The same by {@code pg_ctl status}, which costs a process. */
    public boolean isRunningByTool() {
        try {
            Tool.run(pgCtl("status"), SIGNAL);
            return true;
        } catch (ProblemException notRunning) {
            return false;
        }
    }

    /** Starts the server, if it does not run, and returns once it lets clients in. */
    public void start(Duration timeOut) {
        if (isRunning()) {
            return;
        }
        try {
            if (installation.control() == Control.PG_CTLCLUSTER) {
                startAheadOfTool(startCommand(timeOut), timeOut.plus(SIGNAL));
            } else {
                Tool.run(startCommand(timeOut), timeOut.plus(SIGNAL));
            }
        } catch (ProblemException failure) {
            throw withLogTail(failure);
        }
    }

    /**
     * Returns once the server is ready, though its tool is not: {@code pg_ctlcluster} sleeps for half a second after the
     * start before it looks, and then runs programs to look closer, while a cluster misses a standby.
     */
    private void startAheadOfTool(List<String> command, Duration timeOut) {
        var tool = CompletableFuture.runAsync(
                () -> Tool.run(command, timeOut),
                work -> Thread.ofVirtual().name("start-command").start(work));
        Await.until("the server to start", timeOut, LOOK, () -> tool.isDone() || isReady());
        if (!tool.isDone()) {
            tool.whenComplete((nothing, failure) -> {
                if (failure != null) {
                    LOG.warn("The server was started, and then its start command failed", failure);
                }
            });
            return;
        }
        try {
            tool.join();
        } catch (CompletionException failure) {
            throw failure.getCause() instanceof ProblemException known ? known : failure;
        }
    }

    /** What {@code pg_ctl} waits for: the server's own word in its pid file ({@code src/include/utils/pidfile.h}). */
    private boolean isReady() {
        try {
            var lines = Files.readAllLines(installation.data().resolve("postmaster.pid"));
            return lines.size() > PID_FILE_STATUS
                    && READY.contains(lines.get(PID_FILE_STATUS).strip())
                    && isRunning();
        } catch (IOException notYet) {
            return false;
        }
    }

    /**
     * Recovers a server that was not shut down cleanly, and shuts it down: as a standby, so that it stays one, which
     * follows nobody and lets nobody in. When its control file says {@code in archive recovery}, all that lies in {@code
     * pg_wal} has been replayed ({@code SwitchIntoArchiveRecovery} in {@code src/backend/access/transam/xlog.c}). Nothing
     * is written to the WAL, so its end stays where it is.
     */
    public void recoverApart(Duration timeOut) {
        installation.markAsStandby();
        var options = APART + " -c listen_addresses= -c primary_conninfo= -c restore_command="
                + " -c recovery_target_timeline=current";
        try {
            Tool.run(pgCtlStart(timeOut, options), timeOut.plus(SIGNAL));
            Await.until("the end of recovery", timeOut, Await.CALMLY, this::hasReplayedItsWal);
        } catch (ProblemException failure) {
            throw withLogTail(failure);
        } finally {
            endRecoveryApart(timeOut);
        }
    }

    /** Ends what {@link #recoverApart} began, also in an earlier life of this service. */
    public void endRecoveryApart(Duration timeOut) {
        if (isRunning() && startOptions().contains(APART)) {
            Tool.run(pgCtl("stop", "-m", "fast", "-w", "-t", seconds(timeOut)), timeOut.plus(SIGNAL));
        }
    }

    /** The command line of the server that runs, which it notes for {@code pg_ctl restart}; each word is in quotes. */
    private String startOptions() {
        try {
            return Files.readString(installation.data().resolve("postmaster.opts"))
                    .replace("\"", "");
        } catch (IOException none) {
            return "";
        }
    }

    private boolean hasReplayedItsWal() {
        return PgControlData.says(installation.data(), PgControlData.State.IN_ARCHIVE_RECOVERY);
    }

    /** Begins a fast stop and returns at once; the control data tells when it has written its last. */
    public void beginStop() {
        if (!isRunning()) {
            return;
        }
        if (installation.control() == Control.COMMAND) {
            var command = settings.stopCommand().orElseThrow();
            Thread.ofVirtual().name("stop-command").start(() -> runLogged(command));
            return;
        }
        Tool.run(pgCtl("stop", "-m", "fast", "-W"), SIGNAL);
    }

    /** Stops the server in fast mode and returns once its last process is gone. */
    public void stop(Duration timeOut) {
        beginStop();
        awaitEnd(timeOut);
    }

    /**
     * Ends every process of the server at once, without a checkpoint. The next start recovers from the WAL: nothing
     * committed is lost, but a stop like this proves nothing about the standbys.
     */
    public void stopImmediately(Duration timeOut) {
        var postmaster = postmasterPid();
        if (postmaster > 0) {
            Tool.run(pgCtl("stop", "-m", "immediate", "-W"), SIGNAL);
            awaitEnd(postmaster, timeOut);
        }
    }

    /** Ends every process of the server at once, and kills those that do not even hear that, as when they hang. */
    public void endByForce(Duration grace, Duration timeOut) {
        try {
            stopImmediately(grace);
        } catch (ProblemException stuck) {
            LOG.warnf("The server does not end when told to, so it is killed: %s", stuck.getMessage());
            ProcessHandle.of(postmasterPid()).ifPresent(postmaster -> {
                var children = postmaster.descendants().toList();
                postmaster.destroyForcibly();
                children.forEach(ProcessHandle::destroyForcibly);
            });
            awaitEnd(timeOut);
        }
    }

    /**
     * Waits for the end of a stop that was begun, and ends the server at once where it takes longer than {@code grace}.
     *
     * @return whether that was needed
     */
    public boolean finishStop(Duration grace, Duration timeOut) {
        try {
            awaitEnd(grace);
            return false;
        } catch (ProblemException stuck) {
            stopImmediately(timeOut);
            return true;
        }
    }

    /** Waits until the postmaster is gone. */
    public void awaitEnd(Duration timeOut) {
        awaitEnd(postmasterPid(), timeOut);
    }

    /** Waits until this postmaster is gone; an eager supervisor may start another one in the same moment. */
    private void awaitEnd(long postmaster, Duration timeOut) {
        Await.until(
                "the server in " + installation.data() + " to end",
                timeOut,
                Await.CALMLY,
                () -> postmaster == 0 || postmasterPid() != postmaster);
    }

    /** Lets the server read its configuration files again. */
    public void reload() {
        Tool.run(pgCtl("reload"), SIGNAL);
    }

    private long postmasterPid() {
        try {
            var lines = Files.readAllLines(installation.data().resolve("postmaster.pid"));
            var pid = lines.isEmpty() ? 0 : Long.parseLong(lines.getFirst().strip());
            return ProcessHandle.of(pid).filter(PgCtl::isPostmaster).isPresent() ? pid : 0;
        } catch (IOException | NumberFormatException none) {
            return 0;
        }
    }

    /** A pid file that a crash left behind may name a process that is something else by now. */
    private static boolean isPostmaster(ProcessHandle process) {
        return process.isAlive()
                && process.info()
                        .command()
                        .map(command -> Path.of(command).endsWith("postgres"))
                        .orElse(true);
    }

    private List<String> startCommand(Duration timeOut) {
        return switch (installation.control()) {
            case COMMAND -> settings.startCommand().orElseThrow();
            case PG_CTLCLUSTER -> {
                var configuration = installation.configuration();
                yield List.of(
                        "pg_ctlcluster",
                        "--skip-systemctl-redirect",
                        configuration.getName(configuration.getNameCount() - 2).toString(),
                        configuration.getFileName().toString(),
                        "start",
                        "--",
                        "-t",
                        seconds(timeOut));
            }
            case PG_CTL -> pgCtlStart(timeOut, "");
        };
    }

    private static String seconds(Duration timeOut) {
        return Long.toString(Math.max(1, timeOut.toSeconds()));
    }

    private List<String> pgCtlStart(Duration timeOut, String options) {
        var command = new ArrayList<>(pgCtl("start", "-w", "-t", seconds(timeOut), "-l", logFile.toString()));
        if (!options.isEmpty()) {
            command.addAll(List.of("-o", options));
        }
        if (installation.isSplit()) {
            command.addAll(List.of("-o", "-c config_file=" + installation.configFile()));
        }
        return command;
    }

    private List<String> pgCtl(String action, String... options) {
        var command = new ArrayList<>(List.of(
                installation.tool("pg_ctl"),
                action,
                "-s",
                "-D",
                installation.data().toString()));
        command.addAll(List.of(options));
        return command;
    }

    private static void runLogged(List<String> command) {
        try {
            Tool.run(command, Duration.ofHours(1));
        } catch (ProblemException failure) {
            LOG.error("The stop command failed", failure);
        }
    }

    private ProblemException withLogTail(ProblemException failure) {
        if (installation.control() != Control.PG_CTL) {
            return failure;
        }
        try {
            var lines = Files.readAllLines(logFile);
            var tail = String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL), lines.size()));
            var problem = failure.problem();
            return new Problem(problem.kind(), problem.detail() + "\n" + logFile + " ends:\n" + tail, problem.remedy())
                    .raisedBy(failure);
        } catch (IOException unreadable) {
            return failure;
        }
    }
}

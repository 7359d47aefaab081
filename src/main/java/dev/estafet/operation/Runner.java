package dev.estafet.operation;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.operation.Operation.State;
import dev.estafet.operation.Operation.StepState;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Runs a table of phases from top to bottom. Until the decision is journaled, a failure takes back what was begun, from
 * bottom to top; after it a phase that fails is tried again, since there is only forward.
 *
 * <p>Its own class, and not part of {@link Operations}, so that it can be read and tested alone: it knows tables and
 * journals, nothing of PostgreSQL.
 */
final class Runner {

    private static final Logger LOG = Logger.getLogger(Runner.class);
    private static final Duration PAUSE = Duration.ofMillis(500);

    private static final Problem RESTARTED = new Problem(
            Kind.INTERRUPTED,
            "The service of the driver was restarted during the operation, before its point of no return.",
            "Nothing to do: what had been done was rolled back. Call again.");

    /** How long a phase after the decision, or an undo, is tried again before a person is asked. */
    private final Duration patience;

    Runner(Duration patience) {
        this.patience = patience;
    }

    /** Runs what has not been done yet, and journals how it ended. */
    <C> void drive(Procedure<C> procedure, C subject, Run run) {
        try {
            if (!run.isCommitted() && procedure.phases().stream().anyMatch(Phase::isDecision)) {
                run.reserveDecision();
            }
            for (var phase : procedure.phases()) {
                if (!run.hasDone(phase)) {
                    perform(procedure, phase, subject, run);
                }
            }
            finish(run, State.COMPLETED, null);
        } catch (RuntimeException failure) {
            fail(procedure, subject, run, failure);
        }
    }

    /** Takes back what an earlier life of this service began and did not commit. */
    <C> void rollBack(Procedure<C> procedure, C subject, Run run) {
        finish(run, State.INTERRUPTED, after(RESTARTED, undo(procedure.phases(), subject, run)));
    }

    /** Ends what an earlier life of this service had taken back already. */
    void interrupted(Run run) {
        finish(run, State.INTERRUPTED, RESTARTED);
    }

    private <C> void perform(Procedure<C> procedure, Phase<C> phase, C subject, Run run) {
        var deadline = System.nanoTime() + patience.toNanos();
        LOG.infof("%s %s: %s", run.id(), phase.name(), phase.sentence());
        while (true) {
            var start = System.nanoTime(); // Its entry in the journal is a part of it: of the decision, all of it.
            try {
                run.begin(phase);
                var detail = phase.action().on(subject).orElse(null);
                run.end(phase, StepState.DONE, millisSince(start), detail);
                return;
            } catch (RuntimeException failure) {
                run.end(
                        phase,
                        StepState.FAILED,
                        millisSince(start),
                        ProblemException.of(failure).detail());
                if (!run.isCommitted() || System.nanoTime() > deadline) {
                    throw failure;
                }
                LOG.warnf("%s %s failed and is tried again: %s", run.id(), phase.name(), failure.getMessage());
                LockSupport.parkNanos(PAUSE.toNanos());
                mend(procedure, subject, run);
            }
        }
    }

    private static <C> void mend(Procedure<C> procedure, C subject, Run run) {
        try {
            procedure.beforeAnotherTry(subject);
        } catch (ProblemException failure) {
            LOG.warnf("%s cannot be helped: %s", run.id(), failure.getMessage());
        }
    }

    private <C> void fail(Procedure<C> procedure, C subject, Run run, RuntimeException failure) {
        var problem = ProblemException.of(failure);
        if (problem.kind() == Kind.INTERNAL) {
            LOG.errorf(failure, "%s met an unexpected failure", run.id());
        }
        if (run.isCommitted()) {
            insist(run, "release", () -> procedure.abandon(subject));
            finish(run, State.FAILED, problem);
            return;
        }
        insist(run, "abort", run::settleDoubt);
        var told = undo(procedure.phases(), subject, run);
        finish(run, problem.kind() == Kind.CANCELLED ? State.CANCELLED : State.FAILED, after(problem, told));
    }

    /** Returns what the caller should be told: what was restored, and what could not be. */
    private <C> List<String> undo(List<Phase<C>> table, C subject, Run run) {
        var told = new ArrayList<String>();
        for (var phase : table.reversed()) {
            if (run.hasBegun(phase)) {
                undo(phase, subject, run).ifPresent(told::add);
            }
        }
        return told;
    }

    private <C> Optional<String> undo(Phase<C> phase, C subject, Run run) {
        var deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                var told = phase.undo().on(subject);
                if (phase.undoSentence().isPresent()) {
                    run.undone(phase);
                }
                return told;
            } catch (RuntimeException failure) {
                LOG.errorf(failure, "%s cannot take back %s", run.id(), phase.name());
                if (System.nanoTime() > deadline) {
                    return Optional.of("What could not be taken back: %s: %s"
                            .formatted(
                                    phase.name(), ProblemException.of(failure).detail()));
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }

    private static Problem after(Problem problem, List<String> told) {
        return told.isEmpty()
                ? problem
                : new Problem(problem.kind(), problem.detail() + " " + String.join(" ", told), problem.remedy());
    }

    private static void finish(Run run, State state, @Nullable Problem problem) {
        run.finish(state, problem);
        insist(run, "end", run::record);
        LOG.infof("%s %s%s", run.id(), state, problem == null ? "" : ": " + problem.detail());
    }

    /** There is no going on without the journal: what cannot be written is tried again until the disk takes it. */
    private static void insist(Run run, String what, Runnable write) {
        while (true) {
            try {
                write.run();
                return;
            } catch (UncheckedIOException failure) {
                LOG.errorf("%s cannot journal its %s and tries again: %s", run.id(), what, failure);
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }

    private static double millisSince(long start) {
        return Math.round((System.nanoTime() - start) / 1e5) / 10.0;
    }
}

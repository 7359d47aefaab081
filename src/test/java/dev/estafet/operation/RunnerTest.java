package dev.estafet.operation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.estafet.JsonStyle;
import dev.estafet.Problem;
import dev.estafet.operation.Operation.Kind;
import dev.estafet.operation.Operation.State;
import dev.estafet.operation.Operation.Step;
import dev.estafet.operation.Operation.StepState;
import dev.estafet.postgres.DurableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunnerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(1);

    @TempDir
    Path directory;

    private final List<String> done = new ArrayList<>();
    private final ObjectMapper json = new ObjectMapper().registerModule(new JavaTimeModule());
    private Journal journal;

    @BeforeEach
    void openJournal() {
        new JsonStyle().customize(json);
        journal = new Journal(directory, json);
    }

    @Test
    void runsThePhasesFromTopToBottomAndJournalsTheEnd() {
        var run = newRun();

        new Runner(PATIENCE).drive(procedure(List.of(phase("a"), phase("b"))), done, run);

        assertThat(done).containsExactly("a", "b");
        assertThat(journaled().state()).isEqualTo(State.COMPLETED);
        assertThat(journaled().phases()).extracting(Step::state).containsOnly(StepState.DONE);
    }

    @Test
    void takesBackWhatWasBegunFromBottomToTopWhenAPhaseBeforeTheDecisionFails() {
        var run = newRun();
        var table = List.of(phase("a"), failing("b"), decision(), phase("c"));

        new Runner(PATIENCE).drive(procedure(table), done, run);

        assertThat(done).containsExactly("a", "b", "undo b", "undo a");
        assertThat(journaled().state()).isEqualTo(State.FAILED);
        assertThat(journaled().committed()).isFalse();
        assertThat(journaled().problem())
                .extracting(Problem::detail)
                .isEqualTo("b failed b is as before. a is as before.");
        assertThat(journaled().phases()).extracting(Step::state).containsOnly(StepState.UNDONE);
    }

    @Test
    void takesNothingBackAfterTheDecisionButMendsAndTriesAgain() {
        var run = newRun();
        var table = List.of(phase("a"), decision(), failingOnce("b"), phase("c"));

        new Runner(Duration.ofSeconds(30)).drive(procedure(table), done, run);

        assertThat(done).containsExactly("a", "b", "mended", "b", "c");
        assertThat(journaled().state()).isEqualTo(State.COMPLETED);
    }

    @Test
    void letsGoOfAnOperationThatCannotBeBroughtToItsEndAfterTheDecision() {
        var run = newRun();
        var table = List.of(phase("a"), decision(), failing("b"), phase("c"));

        new Runner(Duration.ZERO).drive(procedure(table), done, run);

        assertThat(done).startsWith("a", "b").endsWith("abandoned").doesNotContain("undo a", "c");
        assertThat(journaled().state()).isEqualTo(State.FAILED);
        assertThat(journaled().committed()).isTrue();
    }

    @Test
    void endsAnOperationThatItLetsGoOfAlsoWhereTheDiskFailsAtThat() {
        // Given a release that the disk refuses at first
        var run = newRun();
        var refused = new AtomicBoolean();
        var subject = new ArrayList<String>() {
            @Override
            public boolean add(String what) {
                if (what.equals("abandoned") && refused.compareAndSet(false, true)) {
                    throw new UncheckedIOException(new IOException("no space left"));
                }
                return super.add(what);
            }
        };

        // When
        new Runner(Duration.ZERO).drive(procedure(List.of(decision(), failing("b"))), subject, run);

        // Then
        assertThat(subject).endsWith("abandoned");
        assertThat(journaled().state()).isEqualTo(State.FAILED);
    }

    @Test
    void hasJournaledThePhaseBeforeItsActionBegins() {
        var run = newRun();
        var seen = new ArrayList<String>();
        var looking = Phase.<List<String>>of("look", "It looks into the journal", subject -> {
            journaled().phases().forEach(step -> seen.add(step.name() + " " + step.state()));
            return Optional.empty();
        });

        new Runner(PATIENCE).drive(procedure(List.of(phase("a"), looking)), done, run);

        assertThat(seen).containsExactly("a done", "look running");
    }

    @Test
    void leavesNothingButItsEndOfADecision() {
        var run = newRun();

        new Runner(PATIENCE).drive(procedure(List.of(phase("a"), decision(), phase("b"))), done, run);

        assertThat(directory).isDirectoryNotContaining("glob:**.decision");
        assertThat(journaled().committed()).isTrue();
    }

    @Test
    void takesADecisionForNoneThatIsNotWhole() throws IOException {
        // Given what a power cut may have left of it: some sectors of the old content and some of the new
        var run = newRun();
        run.reserveDecision();
        run.begin(decision());
        var file = directory.resolve(run.id() + ".decision");
        var whole = Files.readAllBytes(file);
        assertThat(journaled().committed()).isTrue();

        for (int at = 0; at < whole.length; at += 512) {
            var torn = whole.clone();
            Arrays.fill(torn, at, Math.min(at + 512, whole.length), (byte) ' ');

            // When
            Files.write(file, torn);

            // Then: what was blank before is whole without it
            assertThat(journaled().committed())
                    .as("without what begins at %d", at)
                    .isEqualTo(Arrays.equals(torn, whole));
        }
    }

    @Test
    void hasTheDecisionOnDiskBeforeTheNextPhaseBegins() {
        var run = newRun();
        var committed = new ArrayList<Boolean>();
        var looking = Phase.<List<String>>of("look", "It looks into the journal", subject -> {
            committed.add(journaled().committed());
            return Optional.empty();
        });

        new Runner(PATIENCE).drive(procedure(List.of(looking, decision(), renamed(looking))), done, run);

        assertThat(committed).containsExactly(false, true);
    }

    @Test
    void takesNoDecisionThatCannotBeWrittenDown() {
        var run = newRun();
        var fragile = Phase.<List<String>>of(
                "fragile",
                "The disk goes away",
                subject -> {
                    move(directory, gone());
                    return Optional.empty();
                },
                "it comes back",
                subject -> {
                    move(gone(), directory);
                    subject.add("undo fragile");
                    return Optional.empty();
                });

        new Runner(PATIENCE).drive(procedure(List.of(phase("a"), fragile, decision(), phase("b"))), done, run);

        assertThat(done).containsExactly("a", "undo fragile", "undo a");
        assertThat(journaled().state()).isEqualTo(State.FAILED);
        assertThat(journaled().committed()).isFalse();
    }

    @Test
    void takesNothingBackBeforeADecisionInDoubtIsOffTheDisk() {
        // Given a disk that takes the decision but cannot say so, and then nothing for a while
        var disk = new FailingJournal(directory, json);
        var begun = newRun().operation();
        var run = new Run(begun, disk, json, changed -> {});
        var undo = Phase.<List<String>>of("a", "It does a", subject -> Optional.empty(), "it is undone", subject -> {
            subject.add("undone with committed=" + journaled().committed());
            return Optional.empty();
        });

        // When
        new Runner(PATIENCE).drive(procedure(List.of(undo, decision(), phase("b"))), done, run);

        // Then
        assertThat(disk.refused).isPositive();
        assertThat(done).containsExactly("undone with committed=false");
        assertThat(journaled().state()).isEqualTo(State.FAILED);
    }

    /** Writes the decision and reports that it could not be synced; refuses the next two writes. */
    private static final class FailingJournal extends Journal {

        private int refused;
        private boolean hasDecided;

        FailingJournal(Path directory, ObjectMapper json) {
            super(directory, json);
        }

        @Override
        void decide(Operation operation) {
            super.decide(operation);
            hasDecided = true;
            throw new DurableFile.InDoubt(Path.of("journal"), new IOException("cannot sync"));
        }

        @Override
        void write(Operation operation) {
            if (hasDecided && refused < 2) {
                refused++;
                throw new UncheckedIOException(new IOException("no space left"));
            }
            super.write(operation);
        }
    }

    private Path gone() {
        return directory.resolveSibling(directory.getFileName() + ".gone");
    }

    private static void move(Path from, Path to) {
        try {
            Files.move(from, to);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Test
    void goesOnAfterARestartWithThePhaseThatWasInterrupted() {
        var table = List.of(phase("a"), decision(), phase("b"), phase("c"));
        var before = newRun();
        before.reserveDecision();
        before.begin(table.get(0));
        before.end(table.get(0), StepState.DONE, 1, null);
        before.begin(table.get(1));
        before.end(table.get(1), StepState.DONE, 1, null);
        before.begin(table.get(2));

        new Runner(PATIENCE).drive(procedure(table), done, restarted());

        assertThat(done).containsExactly("b", "c");
        assertThat(journaled().state()).isEqualTo(State.COMPLETED);
    }

    @Test
    void goesOnAfterARestartWhereTheDecisionCameLast() {
        var table = List.of(phase("a"), decision(), phase("b"));
        var before = newRun();
        before.reserveDecision();
        before.begin(table.get(0));
        before.end(table.get(0), StepState.DONE, 1, null);
        before.begin(table.get(1));
        journal.settle(journaled());

        new Runner(PATIENCE).drive(procedure(table), done, restarted());

        assertThat(done).containsExactly("b");
        assertThat(journaled().state()).isEqualTo(State.COMPLETED);
    }

    @Test
    void rollsBackAfterARestartWhatWasNotDecided() {
        var table = List.of(phase("a"), phase("b"), decision(), phase("c"));
        var before = newRun();
        before.begin(table.get(0));
        before.end(table.get(0), StepState.DONE, 1, null);
        before.begin(table.get(1));

        new Runner(PATIENCE).rollBack(procedure(table), done, restarted());

        assertThat(done).containsExactly("undo b", "undo a");
        assertThat(journaled().state()).isEqualTo(State.INTERRUPTED);
    }

    @Test
    void rollsBackWhenItIsCancelledBeforeTheDecision() {
        var run = newRun();
        var cancelling = Phase.<List<String>>of("cancel", "Somebody cancels", subject -> {
            run.cancel();
            return Optional.empty();
        });

        new Runner(PATIENCE).drive(procedure(List.of(phase("a"), cancelling, decision(), phase("b"))), done, run);

        assertThat(done).containsExactly("a", "undo a");
        assertThat(journaled().state()).isEqualTo(State.CANCELLED);
    }

    @Test
    void tellsWhatCouldNotBeTakenBack() {
        var run = newRun();
        var stuck = Phase.<List<String>>of(
                "stuck", "It cannot be taken back", subject -> Optional.empty(), "nothing does", subject -> {
                    throw problem("still stuck");
                });

        new Runner(Duration.ZERO).drive(procedure(List.of(phase("a"), stuck, failing("b"))), done, run);

        assertThat(done).endsWith("undo a");
        assertThat(journaled().problem())
                .extracting(Problem::detail)
                .asString()
                .contains("b failed", "stuck: still stuck");
    }

    private Phase<List<String>> phase(String name) {
        return Phase.of(
                name,
                "It does " + name,
                subject -> {
                    subject.add(name);
                    return Optional.empty();
                },
                "it is undone",
                subject -> {
                    subject.add("undo " + name);
                    return Optional.of(name + " is as before.");
                });
    }

    private Phase<List<String>> failing(String name) {
        return Phase.of(
                name,
                "It fails",
                subject -> {
                    subject.add(name);
                    throw problem(name + " failed");
                },
                "it is undone",
                subject -> {
                    subject.add("undo " + name);
                    return Optional.of(name + " is as before.");
                });
    }

    private Phase<List<String>> failingOnce(String name) {
        return Phase.of(name, "It fails once", subject -> {
            subject.add(name);
            if (subject.indexOf(name) == subject.size() - 1) {
                throw problem(name + " failed");
            }
            return Optional.empty();
        });
    }

    private static Phase<List<String>> decision() {
        return Phase.decision("decide", "It is decided");
    }

    private static Phase<List<String>> renamed(Phase<List<String>> phase) {
        return Phase.of(phase.name() + "-again", phase.sentence(), phase.action());
    }

    private static RuntimeException problem(String detail) {
        return new Problem(Problem.Kind.NOT_READY, detail, "none").raised();
    }

    private static Procedure<List<String>> procedure(List<Phase<List<String>>> table) {
        return new Procedure<>() {
            @Override
            public Kind kind() {
                return Kind.SWITCHOVER;
            }

            @Override
            public List<Phase<List<String>>> phases() {
                return table;
            }

            @Override
            public void beforeAnotherTry(List<String> subject) {
                subject.add("mended");
            }

            @Override
            public void abandon(List<String> subject) {
                subject.add("abandoned");
            }

            @Override
            public List<String> subject(Run run) {
                return new ArrayList<>();
            }
        };
    }

    private Run newRun() {
        var operation = new Operation(
                "pg1-20260101T000000000-0001",
                Kind.SWITCHOVER,
                "main",
                "pg1",
                State.RUNNING,
                "alice",
                null,
                null,
                JsonNodeFactory.instance.objectNode(),
                null,
                Instant.now(),
                null,
                false,
                List.of(),
                null,
                null);
        journal.write(operation);
        return new Run(operation, journal, json, changed -> {});
    }

    private Run restarted() {
        return new Run(journaled(), journal, json, changed -> {});
    }

    private Operation journaled() {
        return journal.readAll().getFirst();
    }
}

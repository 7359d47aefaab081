package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ToolTest {

    private static final Duration LONG = Duration.ofMinutes(1);
    private static final BooleanSupplier NEVER = () -> false;

    @Test
    void returnsWhatBothOutputsSaid() {
        assertThat(Tool.run(shell("echo out; echo err >&2"), LONG)).isEqualTo("out\nerr\n");
    }

    @Test
    void speaksEnglishAndPassesTheEnvironmentOn() {
        var lines = new CopyOnWriteArrayList<String>();

        Tool.run(shell("echo $LC_ALL $GIVEN"), Map.of("GIVEN", "given"), LONG, lines::add, NEVER);

        assertThat(lines).containsExactly("C given");
    }

    @Test
    void aCarriageReturnEndsALineToo() {
        var lines = new CopyOnWriteArrayList<String>();

        Tool.run(shell("printf '1%%\\r2%%\\r\\n\\nlast'"), Map.of(), LONG, lines::add, NEVER);

        assertThat(lines).containsExactly("1%", "2%", "last");
    }

    @Test
    void aFailureNamesCommandCodeTimeAndTheLastLines() {
        var problem = problemOf(() -> Tool.run(shell("seq 1 50; echo the reason >&2; exit 3"), LONG));

        assertThat(problem.kind()).isEqualTo(Kind.COMMAND_FAILED);
        assertThat(problem.detail())
                .startsWith("/bin/sh -c ")
                .containsPattern("ended with code 3 after \\d+ ms")
                .endsWith("49\n50\nthe reason")
                .doesNotContain("\n30\n");
    }

    @Test
    void aProgramThatIsNotThereIsACommandFailure() {
        var problem = problemOf(() -> Tool.run(List.of("/does/not/exist"), LONG));

        assertThat(problem.kind()).isEqualTo(Kind.COMMAND_FAILED);
        assertThat(problem.detail()).contains("/does/not/exist");
        assertThat(problem.remedy()).contains("bin-directory");
    }

    @Test
    void aProgramThatTakesTooLongIsKilled() {
        var start = System.nanoTime();

        var problem = problemOf(() -> Tool.run(shell("echo begun; exec sleep 60"), Duration.ofMillis(200)));

        assertThat(problem.kind()).isEqualTo(Kind.TIMED_OUT);
        assertThat(problem.detail()).contains("begun");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    }

    @Test
    void aCancelledProgramIsKilled() {
        var lines = new CopyOnWriteArrayList<String>();

        var problem = problemOf(
                () -> Tool.run(shell("echo $$; exec sleep 60"), Map.of(), LONG, lines::add, () -> !lines.isEmpty()));

        assertThat(problem.kind()).isEqualTo(Kind.CANCELLED);
        assertThat(ProcessHandle.of(Long.parseLong(lines.getFirst())).filter(ProcessHandle::isAlive))
                .isEmpty();
    }

    @Test
    void inputIsEmptySoThatNobodyWaitsForAnAnswer() {
        assertThat(Tool.run(List.of("/bin/cat"), LONG)).isEmpty();
    }

    private static List<String> shell(String script) {
        return List.of("/bin/sh", "-c", script);
    }

    private static Problem problemOf(ThrowingCallable call) {
        var problem = new Problem[1];
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(ProblemException.class, failure -> problem[0] = failure.problem());
        return problem[0];
    }
}

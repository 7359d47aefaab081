package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AwaitTest {

    private static final Duration AGE = Duration.ofMinutes(1);

    @Test
    void asksAgainUntilThereIsAValue() {
        var asked = new AtomicInteger();

        var value = Await.value(
                "three",
                AGE,
                Duration.ofNanos(1),
                () -> Optional.of(asked.incrementAndGet()).filter(it -> it == 3));

        assertThat(value).isEqualTo(3);
        assertThat(asked).hasValue(3);
    }

    @Test
    void asksOnceWhereTheAnswerIsThereAlready() {
        var asked = new AtomicInteger();

        Await.until("something true", Duration.ZERO, AGE, () -> asked.incrementAndGet() > 0);

        assertThat(asked).hasValue(1);
    }

    @Test
    void saysWhatItWaitedForAndHowLong() {
        assertThatThrownBy(() -> Await.until("Godot", Duration.ofMillis(20), Duration.ofMillis(1), () -> false))
                .isInstanceOfSatisfying(ProblemException.class, failure -> {
                    assertThat(failure.problem().kind()).isEqualTo(Kind.TIMED_OUT);
                    assertThat(failure.problem().detail()).isEqualTo("Waited 20 ms for Godot.");
                    assertThat(failure.problem().remedy()).isNotBlank();
                });
    }

    @Test
    void aFailureOfTheQuestionEndsTheWait() {
        assertThatThrownBy(() -> Await.until("x", AGE, AGE, () -> {
                    throw new IllegalStateException("broken");
                }))
                .hasMessage("broken");
    }
}

package dev.estafet.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.node.NodeState;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SeenTest {

    private static final Duration AT_ONCE = Duration.ofMinutes(1);
    private static final Duration NEVER_AT_ONCE = Duration.ofNanos(-1);

    private final Seen silent = Seen.never("pg1");
    private final NodeState first = state();
    private final NodeState second = state();

    @Test
    void aPeerThatWasNeverAskedIsNotReachable() {
        assertThat(silent.failure()).isNotNull();
        assertThat(silent.isWithin(Duration.ofDays(1))).isFalse();
    }

    @Test
    void anAnswerMakesItReachableAndALaterSilenceEndsThat() {
        var asked = System.nanoTime();

        var answered = silent.heard(first, asked, AT_ONCE);
        assertThat(answered.failure()).isNull();
        assertThat(answered.state()).isEqualTo(first);

        var missed = answered.missed(asked + 1, "timed out");
        assertThat(missed.failure()).isEqualTo("timed out");
        assertThat(missed.state()).isEqualTo(first);
    }

    @Test
    void aQuestionThatFailsAfterALaterOneWasAnsweredSaysNothing() {
        var asked = System.nanoTime();

        var answered = silent.heard(first, asked, AT_ONCE).missed(asked - 1, "connection refused");

        assertThat(answered.failure()).isNull();
    }

    @Test
    void whatThePeerSawEarlierDoesNotReplaceItsNews() {
        var seen = silent.heard(second, System.nanoTime(), AT_ONCE).heard(first, System.nanoTime(), AT_ONCE);

        assertThat(seen.state()).isEqualTo(second);
    }

    @Test
    void aPeerWhoseClockWasSetBackIsBelievedAgainAfterAWhile() {
        var seen = silent.heard(second, System.nanoTime(), AT_ONCE).heard(first, System.nanoTime(), NEVER_AT_ONCE);

        assertThat(seen.state()).isEqualTo(first);
    }

    private static NodeState state() {
        return Seen.unreachable("pg1", "made up");
    }
}

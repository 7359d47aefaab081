package dev.estafet.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class MomentTest {

    private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");

    @Test
    void aClockThatIsSetChangesNoDuration() {
        // Given
        var began = new Moment(NOON, 1_000_000_000L, "boot");

        // When
        var hourBack = new Moment(NOON.minusSeconds(3600), 3_000_000_000L, "boot");

        // Then
        assertThat(began.age(hourBack)).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void afterABootTheTimeOfDayIsAllThereIs() {
        var began = new Moment(NOON, 9_000_000_000L, "boot");
        assertThat(began.age(new Moment(NOON.plusSeconds(90), 5L, "another"))).isEqualTo(Duration.ofSeconds(90));
        assertThat(began.age(new Moment(NOON.minusSeconds(90), 5L, "another"))).isZero();
    }

    @Test
    void anotherProcessOfThisBootHasTheSameClock() {
        var now = Moment.now();
        assertThat(now.age()).isLessThan(Duration.ofMinutes(1));
        assertThat(Moment.now().boot()).isEqualTo(now.boot());
    }
}

package dev.estafet.switchover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.switchover.Forecast.Backlog;
import dev.estafet.switchover.Forecast.Measured;
import dev.estafet.switchover.Readiness.Prediction;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForecastTest {

    @Test
    void withoutAnyMeasurementItSaysSo() {
        assertThat(new Forecast(List.of()).of("pg2", "pg1", Backlog.NONE))
                .isEqualTo(new Prediction(
                        300, "pg1 has measured no switchover yet: what a small machine takes under load."));
    }

    @Test
    void oneMeasurementIsTakenAsItIs() {
        assertThat(forecast(new Measured("pg2", 125.7)))
                .isEqualTo(new Prediction(125.7, "As the last switchover to pg2."));
    }

    @Test
    void theMedianOfThoseToTheSameNodeCounts() {
        var forecast = forecast(
                new Measured("pg2", 200), new Measured("pg3", 9000), new Measured("pg2", 90), new Measured("pg2", 110));

        assertThat(forecast)
                .isEqualTo(
                        new Prediction(110, "Median of the last 3 switchovers to pg2, which took 90.0 to 200.0 ms."));
    }

    @Test
    void ofAnEvenNumberItIsHalfWayBetweenTheTwoInTheMiddle() {
        assertThat(forecast(new Measured("pg2", 100), new Measured("pg2", 131)).millis())
                .isEqualTo(115.5);
    }

    @Test
    void thoseToOtherNodesCountWhereThereIsNoBetter() {
        assertThat(forecast(new Measured("pg3", 80), new Measured("pg1", 100)))
                .isEqualTo(new Prediction(
                        90,
                        "pg1 knows of no switchover to pg2; median of the last 2 switchovers to other nodes, which took"
                                + " 80.0 to 100.0 ms."));
    }

    @Test
    void whatIsLongAgoNoLongerCounts() {
        var measured = new ArrayList<Measured>();
        for (int i = 0; i < 10; i++) {
            measured.add(new Measured("pg2", 100));
        }
        measured.add(new Measured("pg2", 5000));

        assertThat(new Forecast(measured).of("pg2", "pg1", Backlog.NONE).basis())
                .isEqualTo("Median of the last 10 switchovers to pg2, which took 100.0 to 100.0 ms.");
    }

    @Test
    void whatIsStillToBeReplayedIsToldBesideIt() {
        assertThat(new Forecast(List.of(new Measured("pg2", 100)))
                        .of("pg2", "pg1", new Backlog(12 << 20, 0, 3))
                        .basis())
                .isEqualTo(
                        "As the last switchover to pg2. The candidate has 12.0 MB still to replay; what is left of it at"
                                + " the stop comes on top.");
    }

    @Test
    void whatIsToBeWrittenBeforeTheStopIsToldToo() {
        assertThat(new Forecast(List.of(new Measured("pg2", 100)))
                        .of("pg2", "pg1", new Backlog(1000, 34 << 20, 42))
                        .basis())
                .isEqualTo(
                        "As the last switchover to pg2. The primary's last checkpoint began 42 s ago and about 34.0 MB were"
                                + " changed since: they are written before the stop, while writes go on.");
    }

    private static Prediction forecast(Measured... measured) {
        return new Forecast(List.of(measured)).of("pg2", "pg1", Backlog.NONE);
    }
}

package dev.estafet.switchover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.node.Shutdown;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Timeline;
import org.junit.jupiter.api.Test;

class CertificateTest {

    private static final Shutdown SHUTDOWN = new Shutdown("1", new Timeline(1), Lsn.parse("0/3C54360"), 40);

    @Test
    void holdsWhenTheTimelineBeginsWhereReplayEndedBehindTheLastRecord() {
        assertThat(Certificate.holds(SHUTDOWN, Lsn.parse("0/3C543D8"), Lsn.parse("0/3C543D8")))
                .isTrue();
    }

    @Test
    void doesNotHoldWhenOnlyTheStartOfTheLastRecordWasReached() {
        assertThat(Certificate.holds(SHUTDOWN, SHUTDOWN.checkpoint(), SHUTDOWN.checkpoint()))
                .isFalse();
    }

    @Test
    void doesNotHoldWhenTheTimelineBeginsBeforeWhatWasReplayed() {
        assertThat(Certificate.holds(SHUTDOWN, Lsn.parse("0/3C543D8"), Lsn.parse("0/3C54360")))
                .isFalse();
    }
}

package dev.estafet.rejoin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.node.History;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.PgControlData;
import dev.estafet.postgres.PgControlData.Recovery;
import dev.estafet.postgres.PgControlData.State;
import dev.estafet.postgres.Timeline;
import dev.estafet.postgres.TimelineHistory;
import dev.estafet.rejoin.Comparison.Fork;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ComparisonTest {

    private static final String IDENTIFIER = "7711119761779272937";

    /** Primary on timeline 3: timeline 1 was left at 0/3000100, timeline 2 at 0/5000100. */
    private static final History PRIMARY = primary("1\t0/3000100\tx\n2\t0/5000100\tx", 3, "0/1000000");

    private final TimelineHistory first = TimelineHistory.of(new Timeline(1));
    private final TimelineHistory second = TimelineHistory.parse(new Timeline(2), "1\t0/3000100\tx");

    @Test
    void anOldPrimaryThatEndedWhereItWasLeftFollowsStraight() {
        assertThat(Comparison.of(stopped(first, "0/3000100"), PRIMARY).way()).isEqualTo(Way.STRAIGHT);
        assertThat(Comparison.of(stopped(first, "0/2FFFFF8"), PRIMARY).way()).isEqualTo(Way.STRAIGHT);
        assertThat(Comparison.of(stopped(second, "0/5000100"), PRIMARY).way()).isEqualTo(Way.STRAIGHT);
    }

    @Test
    void oneByteMoreIsAFork() {
        var comparison = Comparison.of(stopped(first, "0/3000101"), PRIMARY);

        assertThat(comparison.way()).isEqualTo(Way.REWIND);
        assertThat(fork(comparison).point()).isEqualTo(Lsn.parse("0/3000100"));
        assertThat(fork(comparison).bytes()).isEqualTo(1);
        assertThat(fork(comparison).parting().timeline()).isEqualTo(new Timeline(1));
        assertThat(Comparison.of(stopped(second, "0/5000101"), PRIMARY).way()).isEqualTo(Way.REWIND);
    }

    @Test
    void aTimelineThatThePrimaryHasNotIsAFork() {
        var own = TimelineHistory.parse(new Timeline(4), "1\t0/2000000\tx");

        var fork = fork(Comparison.of(stopped(own, "0/2800000"), PRIMARY));

        assertThat(fork.point()).isEqualTo(Lsn.parse("0/2000000"));
        assertThat(fork.bytes()).isEqualTo(0x800000);
    }

    @Test
    void aTimelineOfTheSameNumberThatBeganElsewhereIsAFork() {
        var own = TimelineHistory.parse(new Timeline(2), "1\t0/3000090\tx");

        var comparison = Comparison.of(stopped(own, "0/3000100"), PRIMARY);

        assertThat(comparison.way()).isEqualTo(Way.REWIND);
        assertThat(fork(comparison).point()).isEqualTo(Lsn.parse("0/3000090"));
    }

    /** A server that was promoted by mistake and stopped again. */
    @Test
    void aNewerTimelineThanThePrimarysIsAFork() {
        var own = TimelineHistory.parse(new Timeline(4), "1\t0/3000100\tx\n2\t0/5000100\tx\n3\t0/6000000\tx");

        assertThat(Comparison.of(stopped(own, "0/6000200"), PRIMARY).way()).isEqualTo(Way.REWIND);
    }

    @Test
    void withoutChecksumsAndHintsThereIsOnlyACopy() {
        var own = server(first, "0/3000200", State.SHUT_DOWN, false, IDENTIFIER);

        assertThat(Comparison.of(own, PRIMARY).way()).isEqualTo(Way.CLONE);
        assertThat(Comparison.of(own, PRIMARY).why()).contains("checksums", "0/3000100", "0/3000200");
        assertThat(Comparison.of(own, PRIMARY).fork()).isNotNull();
    }

    @Test
    void whatAStandbyReceivedAndDidNotApplyNeedsNoChecksums() {
        var own = standby(first, "0/3000200", "0/3000000", false);

        assertThat(own.hasAppliedNothingAfter(Lsn.parse("0/3000100"))).isTrue();
        assertThat(Comparison.of(own, PRIMARY).way()).isEqualTo(Way.REWIND);
        var applied = standby(first, "0/3000200", "0/3000108", false);
        assertThat(Comparison.of(applied, PRIMARY).way()).isEqualTo(Way.CLONE);
    }

    @Test
    void anotherClusterIsNeverRewound() {
        var own = server(first, "0/2000000", State.SHUT_DOWN, true, "1");

        assertThat(Comparison.of(own, PRIMARY).way()).isEqualTo(Way.CLONE);
        assertThat(Comparison.of(own, PRIMARY).why()).contains("another database cluster", IDENTIFIER);
    }

    @Test
    void aStandbyOnThePrimarysTimelineFollowsStraight() {
        var own = standby(PRIMARY.timelines(), "0/7000000", "0/7000000", true);

        assertThat(Comparison.of(own, PRIMARY).way()).isEqualTo(Way.STRAIGHT);
    }

    /** Two servers were promoted to one number: nothing tells which WAL is whose. */
    @Test
    void aPrimaryOnThePrimarysTimelineIsACopysBusiness() {
        assertThat(Comparison.of(stopped(PRIMARY.timelines(), "0/7000000"), PRIMARY)
                        .way())
                .isEqualTo(Way.CLONE);
    }

    @Test
    void whatThePrimaryNoLongerHasCannotBeStreamed() {
        var pruned = primary("1\t0/3000100\tx\n2\t0/5000100\tx", 3, "0/4000000");

        assertThat(Comparison.of(stopped(first, "0/3000100"), pruned).way()).isEqualTo(Way.CLONE);
        assertThat(Comparison.of(stopped(second, "0/4000000"), pruned).way()).isEqualTo(Way.STRAIGHT);
    }

    @Test
    void whatCannotBeReadIsCopied() {
        assertThat(Comparison.of(null, PRIMARY).way()).isEqualTo(Way.CLONE);
        assertThat(Comparison.of(server(first, null, State.IN_PRODUCTION, true, IDENTIFIER), PRIMARY)
                        .way())
                .isEqualTo(Way.CLONE);
        assertThat(Comparison.of(server(null, "0/3000000", State.SHUT_DOWN, true, IDENTIFIER), PRIMARY)
                        .way())
                .isEqualTo(Way.CLONE);
        assertThat(Comparison.of(stopped(TimelineHistory.of(new Timeline(2)), "0/3000000"), PRIMARY)
                        .way())
                .isEqualTo(Way.CLONE);
    }

    @Test
    void aRewindThatDidNotEndIsOnlyGoodForACopy() {
        var own = stopped(first, "0/3000100");
        var closed = new OwnServer(
                own.runs(), own.wasPrimary(), true, own.control(), own.timeline(), own.history(), own.end(), false);

        assertThat(Comparison.of(closed, PRIMARY).way()).isEqualTo(Way.CLONE);
    }

    private static Fork fork(Comparison comparison) {
        return Objects.requireNonNull(comparison.fork());
    }

    private static OwnServer stopped(TimelineHistory history, String end) {
        return server(history, end, State.SHUT_DOWN, true, IDENTIFIER);
    }

    private static OwnServer standby(TimelineHistory history, String end, String applied, boolean rewindable) {
        var timeline = history.current();
        var control = new PgControlData(
                IDENTIFIER,
                State.SHUT_DOWN_IN_RECOVERY,
                Lsn.parse("0/2000028"),
                timeline,
                new Recovery(Lsn.parse(applied), timeline),
                rewindable,
                16L << 20);
        return new OwnServer(false, false, false, control, timeline, history, Lsn.parse(end), false);
    }

    private static OwnServer server(
            @Nullable TimelineHistory history,
            @Nullable String end,
            State state,
            boolean rewindable,
            String identifier) {
        var timeline = history == null ? new Timeline(2) : history.current();
        var control = new PgControlData(
                identifier,
                state,
                Lsn.parse("0/2000028"),
                timeline,
                new Recovery(new Lsn(0), new Timeline(0)),
                rewindable,
                16L << 20);
        return new OwnServer(
                false, true, false, control, timeline, history, end == null ? null : Lsn.parse(end), false);
    }

    private static History primary(String parents, int timeline, String oldest) {
        return new History(IDENTIFIER, TimelineHistory.parse(new Timeline(timeline), parents), Lsn.parse(oldest));
    }
}

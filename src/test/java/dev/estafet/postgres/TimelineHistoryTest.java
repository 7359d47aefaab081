package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.estafet.postgres.TimelineHistory.Branch;
import dev.estafet.postgres.TimelineHistory.Parting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimelineHistoryTest {

    /** As PostgreSQL 15 writes it, with the two kinds of lines that do not count. */
    private static final String FILE = """
            # a comment
            1\t0/3000000\tno recovery target specified

            2\t0/5000148\tbefore 2000-01-01 01:00:00+01
            """;

    @Test
    void readsParentsWithWhereTheyWereLeft() {
        var history = TimelineHistory.parse(new Timeline(4), FILE);

        assertThat(history.branches())
                .containsExactly(
                        new Branch(new Timeline(1), Lsn.parse("0/3000000")),
                        new Branch(new Timeline(2), Lsn.parse("0/5000148")),
                        new Branch(new Timeline(4), null));
        assertThat(history.current()).isEqualTo(new Timeline(4));
        assertThat(history.begin()).contains(Lsn.parse("0/5000148"));
    }

    @Test
    void refusesWhatPostgresqlRefuses() {
        for (var damaged :
                new String[] {"1", "one\t0/3000000\tx", "1\tnowhere\tx", "2\t0/1\tx\n1\t0/2\tx", "7\t0/1\tx"}) {
            assertThatThrownBy(() -> TimelineHistory.parse(new Timeline(7), damaged))
                    .as(damaged)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void theFirstTimelineHasNoFileAndAnotherWithoutOneHasNoHistory(@TempDir Path data) throws IOException {
        assertThat(TimelineHistory.read(data, new Timeline(1))).contains(TimelineHistory.of(new Timeline(1)));
        assertThat(TimelineHistory.read(data, new Timeline(4))).isEmpty();

        var file = Files.createDirectory(data.resolve("pg_wal")).resolve("00000004.history");
        Files.writeString(file, FILE);
        assertThat(TimelineHistory.read(data, new Timeline(4)).orElseThrow().begin())
                .contains(Lsn.parse("0/5000148"));

        Files.writeString(file, "nonsense");
        assertThat(TimelineHistory.read(data, new Timeline(4))).isEmpty();
    }

    @Test
    void whoHasNotLeftTheFirstTimelinePartsWhereTheOtherDid() {
        assertThat(history("1").partingFrom(history("1@300 2"))).isEqualTo(parting(1, "0/300"));
        assertThat(history("1@300 2").partingFrom(history("1"))).isEqualTo(parting(1, "0/300"));
    }

    @Test
    void theSameHistoryNeverParts() {
        assertThat(history("1@300 2@500 3").partingFrom(history("1@300 2@500 3")))
                .isEqualTo(Optional.of(new Parting(new Timeline(3), null)));
    }

    @Test
    void aTimelineThatBeganElsewhereIsAnother() {
        assertThat(history("1@300 2").partingFrom(history("1@400 2"))).isEqualTo(parting(1, "0/300"));
        assertThat(history("1@400 3").partingFrom(history("1@300 2@500 4"))).isEqualTo(parting(1, "0/300"));
        assertThat(history("1@300 2@450 3").partingFrom(history("1@300 2@500 4")))
                .isEqualTo(parting(2, "0/450"));
    }

    @Test
    void withoutACommonTimelineThereIsNoParting() {
        assertThat(history("5").partingFrom(history("1@300 2"))).isEmpty();
    }

    @Test
    void coversItsOwnTimelineUpToThePointAndNotAByteMore() {
        var parting = new Parting(new Timeline(2), Lsn.parse("0/300"));

        assertThat(parting.covers(new Timeline(2), Lsn.parse("0/2FF"))).isTrue();
        assertThat(parting.covers(new Timeline(2), Lsn.parse("0/300"))).isTrue();
        assertThat(parting.covers(new Timeline(2), Lsn.parse("0/301"))).isFalse();
        assertThat(parting.covers(new Timeline(1), Lsn.parse("0/100"))).isFalse();
        assertThat(parting.covers(new Timeline(3), Lsn.parse("0/100"))).isFalse();
    }

    /** "1@300 2": timeline 1, left at 0/300 for timeline 2. */
    private static TimelineHistory history(String words) {
        var lines = new StringBuilder();
        var all = words.split(" ");
        for (var word : all) {
            if (word.contains("@")) {
                lines.append(word.replace("@", "\t0/")).append("\ttest\n");
            }
        }
        return TimelineHistory.parse(new Timeline(Integer.parseInt(all[all.length - 1])), lines.toString());
    }

    private static Optional<Parting> parting(int timeline, String point) {
        return Optional.of(new Parting(new Timeline(timeline), Lsn.parse(point)));
    }
}

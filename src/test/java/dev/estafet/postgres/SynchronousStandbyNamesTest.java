package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SynchronousStandbyNamesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "pg2                        | pg1",
                "pg2, pg3                   | pg1, pg3",
                "FIRST 1 (pg3, pg2)         | FIRST 1 (pg3, pg1)",
                "any 2 (PG2, pg3, pg4)      | any 2 (pg1, pg3, pg4)",
                "2 (\"pg2\",\"pg-3\")       | 2 (pg1,\"pg-3\")",
                "*                          | *",
                "ANY 1 (*)                  | ANY 1 (*)",
                "ANY 1 (pg1, pg2, pg3)      | ANY 1 (pg1, pg2, pg3)",
                "pg22, xpg2                 | pg22, xpg2",
                "                           | "
            })
    void waitsForTheOldPrimaryWhereItWaitedForTheNewOne(String before, String after) {
        var names = new SynchronousStandbyNames(before == null ? "" : before);

        assertThat(names.withRolesChanged("pg1", "pg2").text()).isEqualTo(after == null ? "" : after);
    }

    @ParameterizedTest
    @CsvSource({"old-1, '\"old-1\"'", "Old, '\"Old\"'", "first, '\"first\"'", "old_1, old_1", "9a, '\"9a\"'"})
    void quotesANameThatIsNoPlainOne(String name, String written) {
        assertThat(new SynchronousStandbyNames("new")
                        .withRolesChanged(name, "new")
                        .text())
                .isEqualTo(written);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                      | ''         | true",
                "pg1                     | ''         | false",
                "pg1                     | PG1        | true",
                "pg1, pg3                | pg3        | true",
                "FIRST 2 (pg1, pg3)      | pg3        | false",
                "FIRST 2 (pg1, pg3)      | pg1 pg3    | true",
                "ANY 1 (pg1, gone)       | pg1        | true",
                "ANY 2 (*)               | pg1        | false",
                "2 (*)                   | pg1 other  | true",
                "gone                    | pg1        | false"
            })
    void tellsWhetherCommitsWouldHang(String text, String streaming, boolean satisfied) {
        var standbys = streaming.isEmpty() ? List.<String>of() : Arrays.asList(streaming.split(" "));

        assertThat(new SynchronousStandbyNames(text).isSatisfiedBy(standbys)).isEqualTo(satisfied);
    }
}

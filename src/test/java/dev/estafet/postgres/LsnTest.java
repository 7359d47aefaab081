package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LsnTest {

    @ParameterizedTest
    @CsvSource({
        "0/0, 0",
        "0/3C54360, 63259488",
        "16/B374D848, 97500059720",
        "1/0, 4294967296",
        "0/FFFFFFFF, 4294967295",
        "7FFFFFFF/FFFFFFFF, 9223372036854775807",
        "FFFFFFFF/FFFFFFFF, -1"
    })
    void readsAndPrintsWhatPostgresWrites(String text, long value) {
        assertThat(Lsn.parse(text)).isEqualTo(new Lsn(value));
        assertThat(new Lsn(value)).hasToString(text);
    }

    @Test
    void readsSmallLettersToo() {
        assertThat(Lsn.parse("16/b374d848")).hasToString("16/B374D848");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "16",
                "16/",
                "/B3",
                "16/B3/1",
                "G/0",
                "100000000/0",
                "0/100000000",
                "-1/0",
                "0/-1",
                " 0/0"
            })
    void refusesWhatIsNoLsn(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Lsn.parse(text)).withMessageContaining(text);
    }

    @Test
    void comparesAsUnsigned() {
        var high = Lsn.parse("80000000/0");
        var low = Lsn.parse("7FFFFFFF/FFFFFFFF");

        assertThat(high).isGreaterThan(low);
        assertThat(high.isAfter(low)).isTrue();
        assertThat(low.isAfter(high)).isFalse();
        assertThat(low.isAfter(low)).isFalse();
    }

    @Test
    void tellsBytesBetweenTwo() {
        assertThat(Lsn.parse("1/0").minus(Lsn.parse("0/FFFFFFFF"))).isEqualTo(1);
        assertThat(Lsn.parse("0/3C54360").minus(Lsn.parse("0/3C543D8"))).isEqualTo(-0x78);
        assertThat(Lsn.parse("80000000/1").minus(Lsn.parse("7FFFFFFF/FFFFFFFF")))
                .isEqualTo(2);
    }
}

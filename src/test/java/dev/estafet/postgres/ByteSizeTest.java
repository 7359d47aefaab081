package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1048576, 1048576",
        "16MB, 16777216",
        "16mb, 16777216",
        "16M, 16777216",
        "16 MiB, 16777216",
        "1kB, 1024",
        "2GB, 2147483648",
        "3TB, 3298534883328"
    })
    void readsWhatPostgresWrites(String text, long bytes) {
        assertThat(ByteSize.parse(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "-16MB", "MB", "1.5MB", "16XB", "1 2", "9999999999999999", "99999999999TB"})
    void refusesWhatIsNoSize(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> ByteSize.parse(text));
    }

    @ParameterizedTest
    @CsvSource({"0, 0 bytes", "1023, 1023 bytes", "1024, 1.0 kB", "16777216, 16.0 MB", "1610612736, 1.5 GB"})
    void writesForPeople(long bytes, String text) {
        assertThat(ByteSize.format(bytes)).isEqualTo(text);
    }
}

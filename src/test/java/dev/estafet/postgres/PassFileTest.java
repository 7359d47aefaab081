package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PassFileTest {

    @ParameterizedTest
    @CsvSource({"simple, simple", "a:b, a\\:b", "a\\b, a\\\\b", "\\:, \\\\\\:", "it''s \" #x, it''s \" #x"})
    void escapesWhatSeparatesFields(String password, String written) {
        assertThat(PassFile.escaped(password)).isEqualTo(written);
    }
}

package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TimelineTest {

    @Test
    void namesItsHistoryFileInEightHexadecimalDigits() {
        assertThat(new Timeline(2).historyFile()).isEqualTo("00000002.history");
        assertThat(new Timeline(0x1AF).historyFile()).isEqualTo("000001AF.history");
        assertThat(new Timeline(-1).historyFile()).isEqualTo("FFFFFFFF.history");
    }

    @Test
    void comparesAsUnsigned() {
        assertThat(new Timeline(2).isAfter(new Timeline(1))).isTrue();
        assertThat(new Timeline(2).isAfter(new Timeline(2))).isFalse();
        assertThat(new Timeline(-1).isAfter(new Timeline(1))).isTrue();
        assertThat(new Timeline(-1)).hasToString("4294967295");
    }
}

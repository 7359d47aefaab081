package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ServerVersionTest {

    @Test
    void splitsPostgresNumber() {
        var version = new ServerVersion(150018);

        assertThat(version.major()).isEqualTo(15);
        assertThat(version.minor()).isEqualTo(18);
        assertThat(version).hasToString("15.18");
        assertThat(version.isAtLeast(15)).isTrue();
        assertThat(version.isAtLeast(16)).isFalse();
    }
}

package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.postgres.PgBaseBackup.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PgBaseBackupTest {

    @Test
    void readsProgressInBytesAndPercent() {
        assertThat(PgBaseBackup.parse(
                        "  15361/30729 kB (49%), 0/1 tablespace (/var/lib/postgresql/15/main/base/5/2619)"))
                .contains(new Progress(15361 * 1024L, 30729 * 1024L, 49));
    }

    @Test
    void readsSizesBeyondThirtyTwoBits() {
        assertThat(PgBaseBackup.parse("5000000000/9000000000 kB (55%), 0/1 tablespace"))
                .contains(new Progress(5_120_000_000_000L, 9_216_000_000_000L, 55));
    }

    @Test
    void readsTheLastLine() {
        assertThat(PgBaseBackup.parse("30729/30729 kB (100%), 1/1 tablespace"))
                .contains(new Progress(30729 * 1024L, 30729 * 1024L, 100));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "pg_basebackup: checkpoint completed",
                "pg_basebackup: write-ahead log start point: 0/2000028 on timeline 1",
                "waiting for checkpoint",
                "pg_basebackup: error: directory \"/x/1/2 kB\" exists but is not empty"
            })
    void otherLinesAreNoProgress(String line) {
        assertThat(PgBaseBackup.parse(line)).isEmpty();
    }
}

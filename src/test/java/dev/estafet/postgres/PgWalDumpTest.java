package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PgWalDumpTest {

    private static final long SEGMENT = 16L << 20;

    @Test
    void aRecordEndsAlignedAfterItsLength() {
        assertThat(after("0/3C54360", 114)).isEqualTo(Lsn.parse("0/3C543D8"));
        assertThat(after("0/3000028", 8)).isEqualTo(Lsn.parse("0/3000030"));
    }

    @Test
    void aRecordThatFillsItsPageEndsWhereTheNextOneBegins() {
        assertThat(after("0/3001F00", 0x100)).isEqualTo(Lsn.parse("0/3002000"));
    }

    @Test
    void headersOfPagesLieInBetween() {
        assertThat(after("0/3001F00", 0x101)).isEqualTo(Lsn.parse("0/3002020"));
        assertThat(after("0/3FFFF00", 0x108)).isEqualTo(Lsn.parse("0/4000030"));
        // Two pages are filled wholly but for their headers.
        assertThat(after("0/3001F00", 0x100 + 2 * (8192 - 24))).isEqualTo(Lsn.parse("0/3006000"));
    }

    private static Lsn after(String record, long length) {
        return PgWalDump.after(Lsn.parse(record), length, SEGMENT);
    }
}

package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class ReplicationRoleTest {

    /** RFC 7677's example: user, password {@code pencil}, salt and iterations; the keys are computed from them. */
    private static final String SCRAM =
            "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    @Test
    void recognizesThePasswordOfAScramVerifier() {
        assertThat(ReplicationRole.fits(SCRAM, "user", "pencil")).isTrue();
        assertThat(ReplicationRole.fits(SCRAM, "user", "pencils")).isFalse();
    }

    @Test
    void recognizesThePasswordOfAnMd5Verifier() {
        // md5('secret' || 'repl')
        assertThat(ReplicationRole.fits("md5" + md5("secretrepl"), "repl", "secret"))
                .isTrue();
        assertThat(ReplicationRole.fits("md5" + md5("secretrepl"), "other", "secret"))
                .isFalse();
    }

    @Test
    void whatIsNoVerifierFitsNoPassword() {
        assertThat(ReplicationRole.fits("", "repl", "")).isFalse();
        assertThat(ReplicationRole.fits("plain", "repl", "plain")).isFalse();
    }

    private static String md5(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}

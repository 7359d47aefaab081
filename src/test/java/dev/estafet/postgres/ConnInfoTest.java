package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConnInfoTest {

    @Test
    void namesThePasswordFileAndTheMember() {
        assertThat(ConnInfo.of("10.0.0.1", 5433, "repl", Path.of("/var/lib/estafet/replication.pgpass"), "pg2"))
                .isEqualTo("host='10.0.0.1' port=5433 user='repl' passfile='/var/lib/estafet/replication.pgpass'"
                        + " application_name='pg2'");
    }

    @Test
    void escapesQuotesAndBackslashesAsLibpqWantsThem() {
        assertThat(ConnInfo.of("h", 1, "it's", Path.of("/a\\b"), "m"))
                .contains("user='it\\'s'")
                .contains("passfile='/a\\\\b'");
    }
}

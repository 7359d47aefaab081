package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.postgres.HbaFile.Access;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HbaFileTest {

    private static final String STOCK = """
            # a comment of the user
            local   all   all   peer
            host    all   all   127.0.0.1/32   scram-sha-256
            """;
    private static final String BLOCK = """
            # BEGIN estafet (managed: changes in this block are overwritten)
            host replication repl 10.0.0.1/32 scram-sha-256
            host "app" repl 10.0.0.1/32 scram-sha-256
            host replication repl 10.0.0.2/32 scram-sha-256
            host "app" repl 10.0.0.2/32 scram-sha-256
            # END estafet
            """;
    private static final Access ACCESS = new Access("repl", "app", List.of("10.0.0.2", "10.0.0.1"));

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void aStockFile() throws IOException {
        file = directory.resolve("pg_hba.conf");
        Files.writeString(file, STOCK);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    }

    @Test
    void theBlockStandsFirstAndTheRestIsKept() throws IOException {
        assertThat(HbaFile.allows(file, ACCESS)).isFalse();

        HbaFile.allow(file, ACCESS);

        assertThat(file).hasContent(BLOCK + STOCK);
        assertThat(HbaFile.allows(file, ACCESS)).isTrue();
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
    }

    @Test
    void aSecondTimeChangesNothing() throws IOException {
        HbaFile.allow(file, ACCESS);
        var inode = Files.getAttribute(file, "unix:ino");

        HbaFile.allow(file, new Access("repl", "app", List.of("10.0.0.1", "10.0.0.2", "10.0.0.1")));

        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(inode);
    }

    @Test
    void anOutdatedBlockIsReplacedWhereverItStands() throws IOException {
        Files.writeString(file, "# mine\n" + BLOCK.replace("10.0.0.2", "10.0.0.9") + STOCK);

        HbaFile.allow(file, ACCESS);

        assertThat(file).hasContent(BLOCK + "# mine\n" + STOCK);
    }

    @Test
    void addressesGetTheirMaskAndNamesNone() throws IOException {
        HbaFile.allow(file, new Access("repl", "app", List.of("db.example.org", "fe80::1", "192.168.1.7")));

        assertThat(Files.readString(file))
                .contains("host replication repl db.example.org scram-sha-256\n")
                .contains("host replication repl fe80::1/128 scram-sha-256\n")
                .contains("host replication repl 192.168.1.7/32 scram-sha-256\n");
    }

    /** As an earlier version of this service wrote it: {@code pg_rewind} could not have connected. */
    @Test
    void aBlockWithoutTheDatabaseIsOutdated() throws IOException {
        Files.writeString(file, BLOCK.replaceAll("(?m)^host \"app\".*\n", "") + STOCK);
        assertThat(HbaFile.allows(file, ACCESS)).isFalse();

        HbaFile.allow(file, ACCESS);

        assertThat(file).hasContent(BLOCK + STOCK);
    }

    @Test
    void aDatabasesNameStandsForItselfWhateverItIs() throws IOException {
        HbaFile.allow(file, new Access("repl", "al\"l", List.of("10.0.0.1")));

        assertThat(Files.readString(file)).contains("host \"al\"\"l\" repl 10.0.0.1/32 scram-sha-256\n");
    }

    @Test
    void aLinkStaysALink() throws IOException {
        var link = Files.createSymbolicLink(directory.resolve("link.conf"), file);

        HbaFile.allow(link, ACCESS);

        assertThat(link).isSymbolicLink();
        assertThat(file).hasContent(BLOCK + STOCK);
    }
}

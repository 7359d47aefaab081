package dev.estafet.pgbouncer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabasesFileTest {

    private static final String FILE = """
            ; app = host=old port=1
            [databases]
            app = host=10.0.0.1 port=5432 dbname=shop password='a host=b port=1' pool_size=5
            other = host=10.0.0.1 port=5432
            "odd ""name""\" = dbname=odd port = 5432   host= 10.0.0.1
            bare =
            * = host=10.0.0.1

            [pgbouncer]
            app = host=10.0.0.1
            listen_port = 6432
            """;

    @Test
    void changesHostAndPortOfTheNamedDatabasesAndNothingElse() {
        var pointed = DatabasesFile.pointed(FILE, List.of("app", "odd \"name\""), "10.0.0.2", 5433);

        assertThat(pointed).isEqualTo("""
                ; app = host=old port=1
                [databases]
                app = host=10.0.0.2 port=5433 dbname=shop password='a host=b port=1' pool_size=5
                other = host=10.0.0.1 port=5432
                "odd ""name""\" = dbname=odd port = 5433   host= 10.0.0.2
                bare =
                * = host=10.0.0.1

                [pgbouncer]
                app = host=10.0.0.1
                listen_port = 6432
                """);
    }

    @Test
    void addsWhatAnEntryLeavesOut() {
        assertThat(DatabasesFile.pointed("[databases]\nbare =\napp = dbname=shop", List.of("bare", "app"), "pg2", 5432))
                .isEqualTo("[databases]\nbare = host=pg2 port=5432\napp = host=pg2 port=5432 dbname=shop");
    }

    @Test
    void takesAnIncludedFileForAPartOfTheSection() {
        assertThat(DatabasesFile.pointed("app = host=pg1 port=5432\n", List.of("app"), "pg2", 5432))
                .isEqualTo("app = host=pg2 port=5432\n");
    }

    @Test
    void findsTheEntries() {
        assertThat(DatabasesFile.entries(FILE)).containsExactlyInAnyOrder("app", "other", "odd \"name\"", "bare", "*");
    }

    @Test
    void replacesTheFileThatALinkLeadsToAndKeepsItsPermissions(@TempDir Path directory) throws IOException {
        // Given
        var file = Files.writeString(directory.resolve("real.ini"), "app = host=pg1 port=5432\n");
        var permissions = java.nio.file.attribute.PosixFilePermissions.fromString("rw-r-----");
        Files.setPosixFilePermissions(file, permissions);
        var link = Files.createSymbolicLink(directory.resolve("link.ini"), file);

        // When
        new DatabasesFile(link).point(List.of("app"), "pg2", 5432);

        // Then
        assertThat(link).isSymbolicLink();
        assertThat(file).hasContent("app = host=pg2 port=5432");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(permissions);
    }

    @Test
    void tellsWhatStandsInItsWay(@TempDir Path directory) throws IOException {
        var file = Files.writeString(directory.resolve("databases.ini"), "app = host=pg1\n");

        assertThat(new DatabasesFile(file).obstacle(List.of("app"))).isEmpty();
        assertThat(new DatabasesFile(file).obstacle(List.of("app", "shop")).orElseThrow())
                .contains("no entry for shop");
        assertThat(new DatabasesFile(directory.resolve("none"))
                        .obstacle(List.of("app"))
                        .orElseThrow())
                .contains("cannot be read");
    }
}

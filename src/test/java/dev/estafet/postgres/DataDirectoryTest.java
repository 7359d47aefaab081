package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {

    @TempDir
    Path parent;

    private Path data;
    private DataDirectory directory;

    @BeforeEach
    void name() {
        data = parent.resolve("data");
        directory = new DataDirectory(data);
    }

    @Test
    void setsDataAsideByARenameAndLeavesAnEmptyPrivateDirectory() throws IOException {
        hold("PG_VERSION", "15");
        var aside = directory.asideFor("pg2-1");

        directory.setAside(aside);

        assertThat(aside.resolve("PG_VERSION")).hasContent("15");
        assertThat(data).isEmptyDirectory();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
                .isEqualTo("rwx------");
    }

    @Test
    void setsDataAsideOnceWhenItIsAskedTwice() throws IOException {
        hold("PG_VERSION", "15");
        var aside = directory.asideFor("pg2-1");
        directory.setAside(aside);
        hold("half-a-copy", "");

        directory.setAside(aside);

        assertThat(aside.resolve("PG_VERSION")).hasContent("15");
        assertThat(data).isEmptyDirectory();
    }

    @Test
    void doesNotEmptyADirectoryThatWasEmptyWhenItWasLookedAt() throws IOException {
        hold("precious", "data");

        assertThatThrownBy(() -> directory.setAside(null)).isInstanceOf(UncheckedIOException.class);

        assertThat(data.resolve("precious")).hasContent("data");
    }

    @Test
    void putsTheOldDataBackInPlaceOfTheCopy() throws IOException {
        hold("PG_VERSION", "15");
        var aside = directory.asideFor("pg2-1");
        directory.setAside(aside);
        hold("half-a-copy", "");

        directory.putBack(aside);

        assertThat(data.resolve("PG_VERSION")).hasContent("15");
        assertThat(data.resolve("half-a-copy")).doesNotExist();
        assertThat(aside).doesNotExist();
    }

    @Test
    void leavesTheDataWhereNothingWasSetAsideYet() throws IOException {
        hold("PG_VERSION", "15");

        directory.putBack(directory.asideFor("pg2-1"));

        assertThat(data.resolve("PG_VERSION")).hasContent("15");
    }

    @Test
    void doesNotFollowLinksOutOfTheDirectory() throws IOException {
        var outside = Files.createDirectory(parent.resolve("tablespace"));
        Files.writeString(outside.resolve("table"), "rows");
        Files.createDirectories(data);
        Files.createSymbolicLink(data.resolve("16400"), outside);

        directory.putBack(null);

        assertThat(data).isEmptyDirectory();
        assertThat(outside.resolve("table")).hasContent("rows");
    }

    /** Mode 0702: {@code postgres} refuses any that others may write to, and without x nobody can. */
    @Test
    void isClosedUntilItIsOpenedAndKeepsItsMode() throws IOException {
        hold("PG_VERSION", "15");
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-x---"));
        assertThat(directory.isClosed()).isFalse();

        directory.close();
        directory.close();
        assertThat(directory.isClosed()).isTrue();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
                .isEqualTo("rwxr-x-w-");

        directory.open();
        assertThat(directory.isClosed()).isFalse();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
                .isEqualTo("rwxr-x---");
    }

    @Test
    void dataThatIsPutBackStaysClosed() throws IOException {
        hold("PG_VERSION", "15");
        directory.close();
        var aside = directory.asideFor("pg2-1");
        directory.setAside(aside);
        assertThat(directory.isClosed()).isFalse();

        directory.putBack(aside);

        assertThat(directory.isClosed()).isTrue();
    }

    private void hold(String file, String content) throws IOException {
        Files.createDirectories(data);
        Files.writeString(data.resolve(file), content);
    }
}

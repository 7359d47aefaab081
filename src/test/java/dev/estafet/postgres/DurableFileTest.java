package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFileTest {

    @TempDir
    Path directory;

    @Test
    void aNewFileIsReadableByItsOwnerOnly() throws IOException {
        var file = directory.resolve("secret");

        DurableFile.write(file, "süß\n");

        assertThat(file).hasContent("süß\n");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void writingLeavesNoTemporaryFileAndIsNotHinderedByAnOldOne() throws IOException {
        var file = directory.resolve("file");
        Files.writeString(directory.resolve(".file.new"), "half of what a crash left");

        DurableFile.write(file, "whole");

        assertThat(directory).isDirectoryNotContaining("glob:**.new");
        assertThat(file).hasContent("whole");
    }

    @Test
    void replacingKeepsThePermissions() throws IOException {
        var file = Files.writeString(directory.resolve("file"), "old");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

        DurableFile.replace(file, "new");

        assertThat(file).hasContent("new");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-r--r--"));
    }

    @Test
    void writingOverAFileKeepsWhatIsBehindTheNewContent() throws IOException {
        var file = Files.writeString(directory.resolve("file"), "old content");
        var inode = Files.getAttribute(file, "unix:ino");

        DurableFile.overwrite(file, "new");

        assertThat(file).hasContent("new content");
        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(inode);
    }

    @Test
    void writingOverAFileMakesNone() {
        var file = directory.resolve("missing");

        assertThatThrownBy(() -> DurableFile.overwrite(file, "new"))
                .isInstanceOf(UncheckedIOException.class)
                .isNotInstanceOf(DurableFile.InDoubt.class)
                .hasMessageContaining(file.toString());
        assertThat(file).doesNotExist();
    }

    @Test
    void replacingWantsAFileThatIsThere() {
        var file = directory.resolve("missing");

        assertThatThrownBy(() -> DurableFile.replace(file, "new"))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(file.toString());
        assertThat(file).doesNotExist();
    }

    @Test
    void deletingTwiceIsAsGoodAsOnce() throws IOException {
        var file = Files.writeString(directory.resolve("file"), "x");

        DurableFile.delete(file);
        DurableFile.delete(file);

        assertThat(file).doesNotExist();
    }

    @Test
    void aDirectoryIsRenamedWithAllInIt() throws IOException {
        var from = Files.createDirectories(directory.resolve("data/base"));
        Files.writeString(from.resolve("1"), "x");

        DurableFile.rename(directory.resolve("data"), directory.resolve("data.old"));

        assertThat(directory.resolve("data")).doesNotExist();
        assertThat(directory.resolve("data.old/base/1")).hasContent("x");
    }
}

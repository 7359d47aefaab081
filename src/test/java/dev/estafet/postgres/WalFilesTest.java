package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalFilesTest {

    private static final long SEGMENT = 1L << 20;
    private static final Timeline FIRST = new Timeline(1);

    @TempDir
    Path directory;

    private WalFiles wal;

    @BeforeEach
    void someWal() throws IOException {
        wal = new WalFiles(directory, SEGMENT);
        for (var name : List.of(
                "000000010000000000000002",
                "000000010000000000000003",
                "000000010000000000000004",
                "000000020000000000000003")) {
            var content = new byte[(int) SEGMENT];
            Arrays.fill(content, (byte) 7);
            Files.write(directory.resolve(name), content);
        }
        Files.writeString(directory.resolve("00000002.history"), "");
        Files.writeString(directory.resolve("000000010000000000000003.partial"), "");
        Files.createDirectory(directory.resolve("archive_status"));
    }

    @Test
    void namesArePositions() {
        assertThat(new WalFiles(directory, 16L << 20).nameAt(new Timeline(0x1A), Lsn.parse("16/B374D848")))
                .isEqualTo("0000001A00000016000000B3");
        assertThat(new WalFiles(directory, 16L << 20).startOf("0000001A00000016000000B3"))
                .isEqualTo(Lsn.parse("16/B3000000"));
        assertThat(wal.nameAt(FIRST, Lsn.parse("1/300001"))).isEqualTo("000000010000000100000003");
        assertThat(wal.startOf("000000010000000100000FFF")).isEqualTo(Lsn.parse("1/FFF00000"));
    }

    @Test
    void onlySegmentsAreSegments() {
        assertThat(wal.all()).hasSize(4);
        assertThat(wal.newestTimeline()).contains(new Timeline(2));
        assertThat(new WalFiles(directory.resolve("missing"), SEGMENT).newestTimeline())
                .isEmpty();
    }

    @Test
    void aBranchIsInTheSegmentsThatHoldAnyOfIt() {
        assertThat(names("0/300000", "0/300001")).containsExactly("000000010000000000000003");
        assertThat(names("0/2FFFFF", "0/300000")).containsExactly("000000010000000000000002");
        assertThat(names("0/2FFFFF", "0/4FFFFF"))
                .containsExactly("000000010000000000000002", "000000010000000000000003", "000000010000000000000004");
        assertThat(names("0/500000", "0/600000")).isEmpty();
    }

    @Test
    void whatIsCutOffIsZeroAndTheRestIsAsItWas() throws IOException {
        wal.cut(FIRST, Lsn.parse("0/300010"));

        assertThat(names("0/0", "0/FFFFFFFF")).containsExactly("000000010000000000000002", "000000010000000000000003");
        var cut = Files.readAllBytes(directory.resolve("000000010000000000000003"));
        assertThat(cut).hasSize((int) SEGMENT);
        assertThat(Arrays.copyOf(cut, 0x10)).containsOnly(7);
        assertThat(Arrays.copyOfRange(cut, 0x10, cut.length)).containsOnly(0);
        assertThat(Files.readAllBytes(directory.resolve("000000010000000000000002")))
                .containsOnly(7);
        assertThat(Files.readAllBytes(directory.resolve("000000020000000000000003")))
                .containsOnly(7);
    }

    private List<String> names(String from, String to) {
        return wal.between(FIRST, Lsn.parse(from), Lsn.parse(to)).stream()
                .map(it -> it.file().getFileName().toString())
                .toList();
    }
}

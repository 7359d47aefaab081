package dev.estafet.switchover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.operation.Phase;
import dev.estafet.testing.OpenApiDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SwitchoverProcedureTest {

    private static final List<Phase<Switchover>> TABLE = SwitchoverProcedure.PHASES;
    private static final Path README = Path.of("README.md");
    private static final String BEGIN = "<!-- phases:begin -->\n";
    private static final String END = "<!-- phases:end -->";

    @Test
    void hasOnePointOfNoReturnRightBeforeThePromotion() {
        var decisions = TABLE.stream().filter(Phase::isDecision).toList();

        assertThat(decisions).hasSize(1);
        assertThat(TABLE.get(TABLE.indexOf(decisions.getFirst()) + 1).name()).isEqualTo("promote");
    }

    @Test
    void hasNothingToTakeBackAfterThePointOfNoReturn() {
        assertThat(TABLE.stream().dropWhile(phase -> !phase.isDecision()))
                .allMatch(phase -> phase.undoSentence().isEmpty());
    }

    @Test
    void takesBackWhateverChangesSomethingBeforeIt() {
        assertThat(TABLE.stream()
                        .filter(phase -> phase.undoSentence().isPresent())
                        .map(Phase::name))
                .containsExactly("enlist", "prepare", "pause", "demote");
    }

    @Test
    void journalsBeforeItActsWhateverCouldHaveToBeTakenBack() {
        assertThat(TABLE.stream().filter(phase -> phase.undoSentence().isPresent() || phase.isDecision()))
                .allMatch(Phase::isJournaled);
    }

    @Test
    void isWhatTheDocumentedDryRunShows() {
        assertThat(OpenApiDocument.committed().phasesOf("SwitchoverDryRun"))
                .isEqualTo(TABLE.stream()
                        .map(phase -> phase.name() + ": " + phase.sentence())
                        .toList());
    }

    /** With {@code -Destafet.update=true} the README is brought up to date instead. */
    @Test
    void isDrawnInTheReadme() throws IOException {
        var readme = Files.readString(README);
        var begin = readme.indexOf(BEGIN) + BEGIN.length();
        var end = readme.indexOf(END);
        assertThat(end).as("the README has the markers %s and %s", BEGIN, END).isGreaterThanOrEqualTo(begin);
        if (Boolean.getBoolean("estafet.update")) {
            Files.writeString(README, readme.substring(0, begin) + drawn() + readme.substring(end));
            return;
        }

        assertThat(readme.substring(begin, end))
                .as("bring it up to date with ./mvnw test -Dtest=SwitchoverProcedureTest -Destafet.update=true")
                .isEqualTo(drawn());
    }

    private static String drawn() {
        var rows = IntStream.range(0, TABLE.size())
                .mapToObj(SwitchoverProcedureTest::row)
                .collect(Collectors.joining());
        return "| | Phase | What is done | What takes it back |\n|--|--|--|--|\n" + rows;
    }

    private static String row(int index) {
        var phase = TABLE.get(index);
        var name = phase.isDecision() ? "**" + phase.name() + "**" : phase.name();
        var undo = phase.undoSentence().orElse(phase.isDecision() ? "*point of no return*" : "");
        return "| %d | %s | %s | %s |\n".formatted(index + 1, name, phase.sentence(), undo);
    }
}

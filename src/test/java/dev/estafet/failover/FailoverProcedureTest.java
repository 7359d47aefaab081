package dev.estafet.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.operation.Phase;
import dev.estafet.testing.OpenApiDocument;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailoverProcedureTest {

    private static final List<Phase<Failover>> TABLE = FailoverProcedure.PHASES;

    @Test
    void hasOnePointOfNoReturnRightBeforeThePromotionAndRightAfterTheProof() {
        var decisions = TABLE.stream().filter(Phase::isDecision).toList();

        assertThat(decisions).hasSize(1);
        var at = TABLE.indexOf(decisions.getFirst());
        assertThat(TABLE.get(at + 1).name()).isEqualTo("promote");
        assertThat(TABLE.get(at - 1).name()).isEqualTo("prove");
    }

    @Test
    void takesBackWhateverChangesSomethingBeforeItAndNothingAfterIt() {
        assertThat(TABLE.stream()
                        .filter(phase -> phase.undoSentence().isPresent())
                        .map(Phase::name))
                .containsExactly("enlist", "fence", "prepare");
        assertThat(TABLE.stream().filter(phase -> phase.undoSentence().isPresent() || phase.isDecision()))
                .allMatch(Phase::isJournaled);
    }

    @Test
    void isWhatTheDocumentedDryRunShows() {
        assertThat(OpenApiDocument.committed().phasesOf("FailoverDryRun"))
                .isEqualTo(TABLE.stream()
                        .map(phase -> phase.name() + ": " + phase.sentence())
                        .toList());
    }
}

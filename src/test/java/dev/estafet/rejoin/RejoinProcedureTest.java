package dev.estafet.rejoin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.testing.OpenApiDocument;
import org.junit.jupiter.api.Test;

class RejoinProcedureTest {

    @Test
    void isWhatTheDocumentedDryRunShows() {
        assertThat(OpenApiDocument.committed().phasesOf("RejoinDryRun"))
                .isEqualTo(RejoinProcedure.PHASES.stream()
                        .map(phase -> phase.name() + ": " + phase.sentence())
                        .toList());
    }
}

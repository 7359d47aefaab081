package dev.estafet.setup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.testing.OpenApiDocument;
import org.junit.jupiter.api.Test;

class SetupProcedureTest {

    @Test
    void isWhatTheDocumentedDryRunShows() {
        assertThat(OpenApiDocument.committed().phasesOf("SetupDryRun"))
                .isEqualTo(SetupProcedure.PHASES.stream()
                        .map(phase -> phase.name() + ": " + phase.sentence())
                        .toList());
    }
}

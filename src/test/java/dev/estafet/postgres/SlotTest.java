package dev.estafet.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlotTest {

    @Test
    void aMembersSlotHasANameThatPostgresAllows() {
        assertThat(Slot.of("pg1")).hasToString("estafet_pg1");
        assertThat(Slot.of("Node-A")).hasToString("estafet_node_a");
    }

    @Test
    void theLongestMemberNameStillFits() {
        assertThat(Slot.of("a".repeat(40)).name()).hasSize(48);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "A", "a-b", "a b", "a'b", "ä"})
    void refusesWhatPostgresWouldRefuse(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Slot(name)).withMessageContaining(name);
    }

    @Test
    void refusesANameThatPostgresWouldCut() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Slot("a".repeat(64)));
        assertThat(new Slot("a".repeat(63)).name()).hasSize(63);
    }
}

package dev.estafet.testing.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Whether the simulation would notice: each safety rule of the protocol, broken, makes an invariant fail. */
class MutationIT {

    private static final long MOST = 50_000;

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
    void aBrokenRuleIsNoticed(Mutation mutation) throws InterruptedException {
        var campaign = Campaign.run(Weaver.simulator(mutation), MOST, 1);

        assertThat(campaign.violations())
                .isNotEmpty()
                .noneMatch(it -> it.violation().contains("the simulation broke"));
        var first = campaign.violations().iterator().next();
        System.out.printf("%-26s noticed at seed %d: %s%n", mutation, first.seed(), first.violation());
    }
}

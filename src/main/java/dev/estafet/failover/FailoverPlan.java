package dev.estafet.failover;

import dev.estafet.node.NodeReport.SlotState;
import dev.estafet.node.RoleSettings;
import dev.estafet.postgres.Slot;
import dev.estafet.postgres.SynchronousStandbyNames;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What preflight found out, for the phases after it.
 *
 * @param oldPrimary who was primary, where that is known
 * @param fencedByService those that their own services keep from being primary
 * @param slotOf who will follow the candidate, now or later, and from which slot
 * @param followers those that can follow right away: they have nothing that the candidate has not
 * @param pointed those whose server is down and whose service can point it
 * @param ahead standbys that have more than the candidate: for a rejoin to bring them back
 * @param newSlots those of the slots that the candidate does not have yet
 * @param synchronousBefore {@code synchronous_standby_names} as the candidate has it
 * @param synchronousAfter the same, with the old primary in the candidate's place
 */
@RegisterForReflection
public record FailoverPlan(
        @Nullable String oldPrimary,
        List<String> fencedByService,
        Map<String, Slot> slotOf,
        List<String> followers,
        List<String> pointed,
        List<String> ahead,
        List<Slot> newSlots,
        String synchronousBefore,
        String synchronousAfter) {

    static FailoverPlan of(Situation situation) {
        var slotOf = new TreeMap<String, Slot>();
        situation.others().stream()
                .filter(name -> !situation.isKeptCascade(name))
                .forEach(name -> slotOf.put(name, Slot.of(name)));
        var server = situation.report(situation.candidate()).running().orElseThrow();
        var present = server.slots().stream().map(SlotState::name).toList();
        var before = server.setting(RoleSettings.SYNCHRONOUS_STANDBY_NAMES);
        var old = situation.oldPrimary();
        var after = old == null
                ? before
                : new SynchronousStandbyNames(before)
                        .withRolesChanged(old, situation.candidate())
                        .text();
        return new FailoverPlan(
                old,
                situation.toFence(),
                slotOf,
                situation.standbys().stream()
                        .filter(slotOf::containsKey)
                        .filter(name -> !situation.isAhead(name))
                        .toList(),
                situation.standbysThatAreDown(),
                situation.standbys().stream().filter(situation::isAhead).toList(),
                slotOf.values().stream()
                        .filter(slot -> !present.contains(slot.name()))
                        .toList(),
                before,
                after);
    }
}

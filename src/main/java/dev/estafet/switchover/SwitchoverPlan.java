package dev.estafet.switchover;

import dev.estafet.node.NodeReport.SlotState;
import dev.estafet.node.RoleSettings;
import dev.estafet.postgres.Slot;
import dev.estafet.postgres.SynchronousStandbyNames;
import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Who does what in a switchover, as preflight found it.
 *
 * @param primary the old primary
 * @param systemIdentifier of it and of the candidate
 * @param timeline on which it writes
 * @param slotOf who will follow the candidate, the old primary too, and from which slot
 * @param absent those of them that are not there now, and will follow once they are back
 * @param newSlots those of the slots that the candidate does not have yet
 * @param oldSlots on the old primary that nobody will need any more
 * @param failoverSlots logical slots of the primary that the candidate keeps as synchronised copies
 * @param synchronousStandbyNames on the candidate
 * @param synchronizedStandbySlots on the candidate; 17 and newer
 */
@RegisterForReflection
public record SwitchoverPlan(
        String primary,
        String systemIdentifier,
        Timeline timeline,
        Map<String, Slot> slotOf,
        List<String> absent,
        List<Slot> newSlots,
        List<Slot> oldSlots,
        List<String> failoverSlots,
        Setting synchronousStandbyNames,
        Setting synchronizedStandbySlots) {

    /**
     * A parameter that names the other nodes, so that it is another on each of them.
     *
     * @param before what the candidate has as standby, where it has no effect
     * @param after what it needs as primary, by what the old primary has
     */
    @RegisterForReflection
    public record Setting(String before, String after) {}

    static SwitchoverPlan of(Situation situation) {
        var primary = situation.primary();
        var present = slotNames(situation, situation.candidate());
        var slotOf = new TreeMap<String, Slot>();
        situation.followers().forEach(name -> slotOf.put(name, Slot.of(name)));
        situation.absent().forEach(name -> slotOf.put(name, Slot.of(name)));
        return new SwitchoverPlan(
                primary,
                Objects.requireNonNull(situation.state(primary).systemIdentifier()),
                Objects.requireNonNull(situation.state(primary).timeline()),
                slotOf,
                situation.absent(),
                slotOf.values().stream()
                        .filter(slot -> !present.contains(slot.name()))
                        .toList(),
                slotsForStandbysOf(primary, situation),
                situation.failoverSlots(),
                new Setting(
                        situation.candidateServer().setting(RoleSettings.SYNCHRONOUS_STANDBY_NAMES),
                        situation.synchronousStandbyNames().text()),
                synchronizedStandbySlots(situation));
    }

    /** On the old primary: the slots its standbys stream from, whoever named them, and those that carry their names. */
    private static List<Slot> slotsForStandbysOf(String primary, Situation situation) {
        return situation.reports().keySet().stream()
                .filter(name -> !name.equals(primary))
                .flatMap(name -> Stream.concat(Stream.of(Slot.of(name).name()), upstreamSlot(situation, name)))
                .filter(slotNames(situation, primary)::contains)
                .distinct()
                .map(Slot::new)
                .toList();
    }

    private static Stream<String> upstreamSlot(Situation situation, String name) {
        return situation.answers(name)
                ? Stream.ofNullable(situation.server(name).upstreamSlot())
                : Stream.empty();
    }

    private static List<String> slotNames(Situation situation, String node) {
        return situation.server(node).slots().stream().map(SlotState::name).toList();
    }

    /** A list of the same form, of slots. */
    private static Setting synchronizedStandbySlots(Situation situation) {
        var parameter = RoleSettings.SYNCHRONIZED_STANDBY_SLOTS;
        return new Setting(
                situation.candidateServer().setting(parameter),
                new SynchronousStandbyNames(situation.primaryServer().setting(parameter))
                        .withRolesChanged(
                                Slot.of(situation.primary()).name(),
                                Slot.of(situation.candidate()).name())
                        .text());
    }

    /** Those that stream from the candidate in the end. */
    List<String> followers() {
        return slotOf.keySet().stream()
                .filter(name -> !absent.contains(name))
                .sorted()
                .toList();
    }
}

package dev.estafet.failover;

import dev.estafet.node.LastPrimary;
import dev.estafet.node.NodeReport;
import dev.estafet.node.NodeState;
import dev.estafet.node.Role;
import dev.estafet.node.WalEnd;
import dev.estafet.postgres.Sighting;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What preflight judges: nothing but data, so that every check can be tested without a server.
 *
 * @param reports of all members, fresh
 * @param candidate who is to become primary
 * @param excluded members that the caller leaves out
 * @param cascadesAreKept whether a standby that streams from another standby goes on so
 * @param addresses {@code host:port} of each member's PostgreSQL
 * @param sightings what each member that answers met at the old primary's address
 * @param measured the end of the old primary's WAL, where it could be read
 */
record Situation(
        SequencedMap<String, NodeReport> reports,
        String candidate,
        List<String> excluded,
        boolean cascadesAreKept,
        Map<String, String> addresses,
        Map<String, Sighting> sightings,
        @Nullable WalEnd measured) {

    /** By how much a standby has, the least first. */
    static final Comparator<NodeState> BY_PROGRESS = Comparator.comparing(
                    NodeState::timeline, Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparing(NodeState::lsn, Comparator.nullsFirst(Comparator.naturalOrder()));

    Situation meeting(Map<String, Sighting> met, @Nullable WalEnd end) {
        return new Situation(reports, candidate, excluded, cascadesAreKept, addresses, met, end);
    }

    /** Members whose server runs as primary, by their services' word. */
    List<String> primaries() {
        return reports.keySet().stream()
                .filter(name -> state(name).isRunningPrimary())
                .toList();
    }

    /**
     * Who is lost: the one that was seen as primary last; else, if nobody remembers one, the one that would start as primary,
     * or the only one that is silent.
     */
    @Nullable
    String oldPrimary() {
        return lastPrimary()
                .map(LastPrimary::member)
                .filter(others()::contains)
                .or(() -> only(others().stream().filter(name -> state(name).role() == Role.PRIMARY)))
                .or(() -> only(silent()))
                .orElse(null);
    }

    private static Optional<String> only(Stream<String> names) {
        var all = names.toList();
        return all.size() == 1 ? Optional.of(all.getFirst()) : Optional.empty();
    }

    /** The primary as any member saw it last; what another standby has of its WAL it must have written. */
    Optional<LastPrimary> lastPrimary() {
        return reports.values().stream()
                .map(NodeReport::lastPrimary)
                .filter(Objects::nonNull)
                .filter(it -> it.systemIdentifier().equals(candidateState().systemIdentifier()))
                .max(LastPrimary.BY_PROGRESS)
                .map(seen -> standbys().stream()
                        .map(this::state)
                        .filter(it -> seen.timeline().equals(it.timeline()) && it.lsn() != null)
                        .map(it -> new LastPrimary(
                                seen.member(),
                                seen.systemIdentifier(),
                                seen.timeline(),
                                Objects.requireNonNull(it.lsn()),
                                it.observedAt()))
                        .filter(it -> it.lsn().isAfter(seen.lsn()))
                        .max(LastPrimary.BY_PROGRESS)
                        .orElse(seen));
    }

    /** What is lost if the candidate takes over now. */
    Loss loss() {
        return Loss.of(
                Objects.requireNonNull(candidateState().timeline()),
                Objects.requireNonNull(candidateState().lsn()),
                measured,
                lastPrimary().orElse(null));
    }

    /** All members but the candidate. */
    List<String> others() {
        return reports.keySet().stream().filter(name -> !name.equals(candidate)).toList();
    }

    /** All members that take part: their services answer, and they are not left out. */
    List<String> answering() {
        return reports.keySet().stream()
                .filter(name -> !isSilent(name) && !excluded.contains(name))
                .toList();
    }

    private Stream<String> silent() {
        return others().stream().filter(name -> isSilent(name) && !excluded.contains(name));
    }

    /** Members that do not answer, are not left out, and are not the one that is lost. */
    List<String> missing() {
        return silent().filter(name -> !name.equals(oldPrimary())).toList();
    }

    /** Whether the member's service does not answer, so that its server may be anything. */
    boolean isSilent(String name) {
        return state(name).role() == Role.UNKNOWN && state(name).state().equals("unknown");
    }

    /** Those that would start as primary, and whose services can keep them from it. */
    List<String> toFence() {
        return others().stream()
                .filter(name -> state(name).role() == Role.PRIMARY && !excluded.contains(name))
                .toList();
    }

    /** Other standbys that run. */
    List<String> standbys() {
        return others().stream()
                .filter(name -> state(name).role() == Role.STANDBY && !excluded.contains(name))
                .filter(name -> state(name).isReadable())
                .toList();
    }

    List<String> standbysThatAreDown() {
        return others().stream()
                .filter(name -> state(name).role() == Role.STANDBY && !excluded.contains(name))
                .filter(name -> !state(name).isReadable())
                .toList();
    }

    /** Whether that standby has more than the candidate. */
    boolean isAhead(String name) {
        return BY_PROGRESS.compare(state(name), candidateState()) > 0;
    }

    boolean isKeptCascade(String name) {
        var upstream = state(name).upstream();
        return cascadesAreKept
                && upstream != null
                && standbys().stream().anyMatch(it -> upstream.equals(addresses.get(it)));
    }

    NodeState state(String name) {
        return report(name).state();
    }

    NodeState candidateState() {
        return state(candidate);
    }

    NodeReport report(String name) {
        return Objects.requireNonNull(reports.get(name), name);
    }
}

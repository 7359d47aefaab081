package dev.estafet.switchover;

import static dev.estafet.operation.Check.failure;
import static dev.estafet.operation.Check.pass;
import static dev.estafet.operation.Check.warning;

import dev.estafet.Problem.Kind;
import dev.estafet.node.Role;
import dev.estafet.operation.Check;
import dev.estafet.postgres.Slot;
import java.util.List;
import java.util.stream.Stream;

/**
 * May the roles change hands now? Each check looks at one thing and says what it found; all are made, so that the caller
 * sees every reason at once. Only where it is not clear who the primary is, or a server does not answer, the rest cannot be
 * asked.
 */
final class Preflight {

    private final Situation situation;

    Preflight(Situation situation) {
        this.situation = situation;
    }

    /** All checks that can be made, in the order in which a person would ask. */
    List<Check> checks() {
        var first = Stream.concat(Stream.of(onePrimary(), candidateIsStandby()), answering())
                .toList();
        if (first.stream().anyMatch(Check::isFailure)) {
            return first;
        }
        return Stream.of(
                        first,
                        new ReplicationChecks(situation).all(),
                        new CandidateChecks(situation).all(),
                        new PrimaryChecks(situation).all(),
                        new PoolerChecks(situation).all())
                .flatMap(List::stream)
                .toList();
    }

    private Check onePrimary() {
        var primaries = situation.primaries();
        return switch (primaries.size()) {
            case 1 -> pass("one-primary", primaries.getFirst() + " is the primary.");
            case 0 ->
                failure(
                        "one-primary",
                        "No member's server runs as primary.",
                        "Start the primary; if it is lost, fail over: POST /promote with mode failover.");
            default ->
                failure(
                        "one-primary",
                        "More than one server runs as primary: %s.".formatted(String.join(", ", primaries)),
                        "Find out which one has the right data, stop the others, and make standbys of them with POST"
                                + " /setup.");
        };
    }

    private Check candidateIsStandby() {
        var state = situation.candidateState();
        if (state.role() == Role.PRIMARY && state.isReadable()) {
            return failure(
                    "candidate-is-standby",
                    "%s is the primary already.".formatted(situation.candidate()),
                    "Name one of the standbys: %s.".formatted(String.join(", ", situation.others())));
        }
        if (!state.isReadable()) {
            return failure(
                    "candidate-is-standby",
                    state.role() == Role.UNKNOWN ? Kind.PEER_UNREACHABLE : Kind.POSTGRES_UNAVAILABLE,
                    "%s is unavailable: %s".formatted(situation.candidate(), state.reason()),
                    "Bring its server and its service up first.");
        }
        return pass("candidate-is-standby", situation.candidate() + " is a standby.");
    }

    private Stream<Check> answering() {
        return situation.others().stream()
                .filter(name -> !situation.answers(name) || situation.excluded().contains(name))
                .map(this::absence);
    }

    private Check absence(String name) {
        var later = "It follows by itself once it is back; until then its slot %s on the new primary keeps WAL for it."
                .formatted(Slot.of(name));
        if (situation.excluded().contains(name)) {
            return situation.state(name).isRunningPrimary()
                    ? failure(
                            "members-answer",
                            Kind.INVALID_REQUEST,
                            "%s is the primary and cannot be excluded.".formatted(name),
                            "Exclude standbys only.")
                    : warning("members-answer", "%s is excluded.".formatted(name), later);
        }
        var reason =
                "%s is unavailable: %s".formatted(name, situation.state(name).reason());
        if (situation.absent().contains(name)) {
            return warning("members-answer", reason, later);
        }
        return failure(
                "members-answer",
                situation.state(name).role() == Role.UNKNOWN ? Kind.PEER_UNREACHABLE : Kind.POSTGRES_UNAVAILABLE,
                reason,
                "Bring it up, leave it out of this switchover with \"exclude\": [\"%s\"], or take it out of"
                                .formatted(name)
                        + " estafet.members on every node.");
    }
}

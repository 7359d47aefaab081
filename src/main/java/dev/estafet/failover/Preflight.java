package dev.estafet.failover;

import static dev.estafet.operation.Check.failure;
import static dev.estafet.operation.Check.pass;
import static dev.estafet.operation.Check.warning;

import dev.estafet.Problem.Kind;
import dev.estafet.node.LastPrimary;
import dev.estafet.node.NodeReport.Server;
import dev.estafet.node.Role;
import dev.estafet.node.WalEnd;
import dev.estafet.operation.Check;
import dev.estafet.postgres.Sighting;
import dev.estafet.postgres.Slot;
import dev.estafet.postgres.Timeline;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * May a standby take over without the primary? Each check looks at one thing and says what it found. Only where the primary
 * is not lost, or the candidate does not answer, the rest need not be asked.
 */
final class Preflight {

    private final Situation situation;
    private final FailoverRequest request;

    Preflight(Situation situation, FailoverRequest request) {
        this.situation = situation;
        this.request = request;
    }

    List<Check> checks() {
        var first = List.of(primaryIsLost(), candidateIsStandby());
        if (first.stream().anyMatch(Check::isFailure)) {
            return first;
        }
        var all = new ArrayList<>(first);
        all.add(oldPrimary());
        all.addAll(members());
        all.add(fence());
        all.add(timeline());
        all.add(mostAdvanced());
        all.add(replay());
        all.add(slots());
        all.add(readOnly());
        all.add(loss());
        return List.copyOf(all);
    }

    /** What must hold still right before the decision. */
    Check primaryIsLost() {
        var primaries = situation.primaries();
        if (!primaries.isEmpty()) {
            return failure(
                    "primary-is-lost",
                    "%s can be reached and runs as primary.".formatted(String.join(", ", primaries)),
                    "Nothing is lost, so nothing need be: switch over with POST /promote without mode. If it must go at once, stop"
                            + " its server first.");
        }
        return situation.sightings().entrySet().stream()
                .filter(met -> met.getValue().mayBePrimary())
                .findFirst()
                .map(this::stillThere)
                .orElseGet(() -> pass("primary-is-lost", "No server is met that runs as primary."));
    }

    private Check stillThere(Map.Entry<String, Sighting> met) {
        return failure(
                "primary-is-lost",
                "The server of %s still answers %s: %s."
                        .formatted(
                                situation.oldPrimary(),
                                met.getKey(),
                                met.getValue().detail()),
                "Bring its service back and switch over, or stop that server, or cut it off from every member and client.");
    }

    private Check candidateIsStandby() {
        var state = situation.candidateState();
        var name = situation.candidate();
        if (!state.isReadable() || situation.report(name).running().isEmpty()) {
            return failure(
                    "candidate-is-standby",
                    state.role() == Role.UNKNOWN ? Kind.PEER_UNREACHABLE : Kind.POSTGRES_UNAVAILABLE,
                    "%s is unavailable: %s.".formatted(name, state.reason()),
                    "Bring its server and its service up first, or name another standby.");
        }
        if (state.timeline() == null || state.lsn() == null) {
            return failure(
                    "candidate-is-standby",
                    "%s cannot tell yet how far it is.".formatted(name),
                    "Wait until it has recovered.");
        }
        return pass("candidate-is-standby", name + " is a standby.");
    }

    private Check oldPrimary() {
        var old = situation.oldPrimary();
        if (old != null) {
            return pass("old-primary", "%s was the primary.".formatted(old));
        }
        return warning(
                "old-primary",
                "Nobody remembers who was the primary.",
                "Make sure that no server outside this list of members takes writes.");
    }

    private List<Check> members() {
        var found = new ArrayList<Check>();
        situation
                .missing()
                .forEach(name -> found.add(failure(
                        "members-answer",
                        Kind.PEER_UNREACHABLE,
                        "%s is unavailable: %s"
                                .formatted(name, situation.state(name).reason()),
                        "Bring it up, or leave it out of this failover with \"exclude\": [\"%s\"].".formatted(name))));
        var later = "It follows by itself once it is back; until then its slot %s on the new primary keeps WAL for it.";
        Stream.concat(situation.excluded().stream(), situation.standbysThatAreDown().stream())
                .forEach(name -> found.add(warning(
                        "members-answer", "%s does not take part.".formatted(name), later.formatted(Slot.of(name)))));
        return found.isEmpty() ? List.of(pass("members-answer", "Every other member answers.")) : found;
    }

    /** The word is wanted where nobody else can give it. */
    private Check fence() {
        var old = situation.oldPrimary();
        if (old == null || !(situation.isSilent(old) || situation.excluded().contains(old))) {
            return pass(
                    "fence",
                    old == null
                            ? "There is nobody to fence."
                            : "The service of %s answers and keeps its server from starting as primary."
                                    .formatted(old));
        }
        if (request.hasWordOfFence()) {
            return pass("fence", "%s is fenced, by the caller's word: %s".formatted(old, request.fenced()));
        }
        return failure(
                "fence",
                "The service of %s does not take part, so nobody here can keep its server from taking writes."
                        .formatted(old),
                "Fence it (switch the machine off, or cut it off from clients and members) and say how in the request:"
                        + " \"fenced\": \"...\". It is kept in the journal.");
    }

    /** A second timeline with the same number would not be told apart from the first when the old primary comes back. */
    private Check timeline() {
        var own = situation.candidateState().timeline();
        var newest = newestKnown();
        if (own != null && newest.filter(it -> it.isAfter(own)).isPresent()) {
            return failure(
                    "timeline",
                    "The old primary was on timeline %s, and %s has only timeline %s: it would begin one of the same number."
                            .formatted(newest.get(), situation.candidate(), own),
                    "Name a standby that has timeline %s, or start the old primary again.".formatted(newest.get()));
        }
        return pass("timeline", "%s is on the old primary's timeline.".formatted(situation.candidate()));
    }

    private Optional<Timeline> newestKnown() {
        var measured = situation.measured();
        return Stream.concat(
                        Stream.ofNullable(measured).map(WalEnd::timeline),
                        situation.lastPrimary().stream().map(LastPrimary::timeline))
                .max(Timeline::compareTo);
    }

    private Check mostAdvanced() {
        var ahead = situation.standbys().stream().filter(situation::isAhead).toList();
        if (ahead.isEmpty()) {
            return pass("most-advanced", "No other standby has more than %s.".formatted(situation.candidate()));
        }
        return warning(
                "most-advanced",
                "%s has less than %s.".formatted(situation.candidate(), String.join(", ", ahead)),
                "Name no candidate, and the most advanced one is taken. What has more will have to be rewound.");
    }

    private Check replay() {
        return situation.candidateState().replayPaused()
                ? failure(
                        "replay",
                        "Replay is paused on %s.".formatted(situation.candidate()),
                        "Run select pg_wal_replay_resume() there.")
                : pass("replay", "Replay is not paused.");
    }

    private Check slots() {
        var plan = FailoverPlan.of(situation);
        var server = server();
        var wanted = server.slots().size() + plan.newSlots().size();
        var most = server.number("max_replication_slots");
        return wanted > most
                ? failure(
                        "slots",
                        "%s needs %d replication slots, and max_replication_slots is %d."
                                .formatted(situation.candidate(), wanted, most),
                        "Drop slots there that nobody needs.")
                : pass("slots", "%d of %d replication slots will be used.".formatted(wanted, most));
    }

    private Check readOnly() {
        return server().isOn("default_transaction_read_only")
                ? failure(
                        "read-only",
                        "default_transaction_read_only is on at %s.".formatted(situation.candidate()),
                        "Set it off there, and reload.")
                : pass("read-only", "Writes are not off by default.");
    }

    private Server server() {
        return situation.report(situation.candidate()).running().orElseThrow();
    }

    private Check loss() {
        return judged(situation.loss(), request);
    }

    /** Whether this loss was accepted in so many words. */
    static Check judged(Loss loss, FailoverRequest request) {
        return loss.isAcceptedBy(request)
                ? pass("loss", loss.inWords())
                : failure("loss", loss.inWords(), loss.remedy());
    }
}

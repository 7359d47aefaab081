package dev.estafet.faults;

import dev.estafet.testing.LocalProcesses;
import dev.estafet.testing.Machines;
import dev.estafet.testing.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** All that is made to happen. S is the candidate, which drives, P the old primary, F the third node. */
final class Faults {

    /** The columns: the phases, and what comes before and after them. */
    static final List<String> PHASES = List.of(
            "start",
            "enlist",
            "preflight",
            "checkpoint",
            "prepare",
            "pause",
            "demote",
            "prove",
            "commit",
            "promote",
            "verify",
            "resume",
            "follow",
            "synchronise",
            "tidy",
            "complete",
            "end");

    private static final List<String> UNJOURNALED = List.of("prove", "promote", "verify", "resume");
    private static final List<String> ACTING = PHASES.subList(1, PHASES.size() - 1);
    /** While P's server is down as planned there is nothing to kill. */
    private static final List<String> OLD_PRIMARY_DOWN =
            List.of("prove", "commit", "promote", "verify", "resume", "follow");

    /** Longer than a peer is waited for, and than a stop may take. */
    private static final Duration LONG = Duration.ofMillis(3500);

    private static final Duration HOUR = Duration.ofHours(1);

    private final boolean all;
    private final List<Cell> cells = new ArrayList<>();

    private Faults(boolean all) {
        this.all = all;
    }

    /**
     * The cells of the matrix.
     *
     * @param all each fault at each phase, and not only a choice
     */
    static List<Cell> cells(boolean all) {
        var faults = new Faults(all);
        faults.serviceOfDriver();
        faults.servicesOfPeers();
        faults.serversKilled();
        faults.frozen();
        if (Machines.canBeApart()) {
            faults.networkCut();
            faults.disksFull();
        }
        faults.clocksSet();
        return faults.cells;
    }

    // ---- services that halt

    private void serviceOfDriver() {
        for (var phase : PHASES) {
            if (UNJOURNALED.contains(phase)) {
                halt("service of S halts before the action", phase, it -> it.candidate, "before phase:" + phase);
            } else {
                halt("service of S halts before its entry", phase, it -> it.candidate, "before journal:" + phase);
                halt("service of S halts after its entry", phase, it -> it.candidate, "after journal:" + phase);
            }
        }
        halt("service of S halts before its enlistment", "enlist", it -> it.candidate, "before enlistment:enlisted");
        halt("service of S halts after its enlistment", "enlist", it -> it.candidate, "after enlistment:enlisted");
        halt("service of S halts before its release", "complete", it -> it.candidate, "before enlistment:released");
        halt("service of S halts after its release", "complete", it -> it.candidate, "after enlistment:released");
    }

    private void halt(String fault, String phase, Function<Scene, TestNode> where, String point) {
        var decided = PHASES.indexOf("commit");
        var at = PHASES.indexOf(phase);
        var committed = at > decided || (at == decided && point.startsWith("after"));
        add(fault, phase, Optional.of(committed), scene -> scene.beginAndHalt(where.apply(scene), point));
    }

    private void servicesOfPeers() {
        for (var side : List.of("before", "after")) {
            peerHalts("P", it -> it.primary, side, "enlist", "enlisted");
            peerHalts("P", it -> it.primary, side, "demote", "demoted");
            peerHalts("P", it -> it.primary, side, "follow", "following");
            peerHalts("P", it -> it.primary, side, "complete", "released");
            peerHalts("F", it -> it.third, side, "enlist", "enlisted");
            peerHalts("F", it -> it.third, side, "follow", "following");
            peerHalts("F", it -> it.third, side, "complete", "released");
            add("service of P halts " + side + " it notes that it resumed", "prove", Optional.of(false), scene -> {
                scene.beginUpTo("prove");
                scene.primary.points().haltAt(side + " enlistment:resumed");
                scene.cancel();
                scene.goOn();
                scene.restartHalted(scene.primary);
            });
        }
    }

    /** What a node could not note before the decision stops the switchover; later nobody waits for it. */
    private void peerHalts(String who, Function<Scene, TestNode> where, String side, String phase, String stage) {
        var committed = PHASES.indexOf(phase) > PHASES.indexOf("commit");
        add(
                "service of %s halts %s it notes its stage".formatted(who, side),
                phase,
                Optional.of(committed),
                scene -> scene.beginAndHalt(where.apply(scene), side + " enlistment:" + stage));
    }

    // ---- servers that are killed

    private void serversKilled() {
        var candidateAt = List.of(
                "enlist", "checkpoint", "demote", "prove", "commit", "promote", "verify", "follow", "tidy", "complete");
        atPhases("server of S is killed", candidateAt, (scene, phase) -> scene.killServer(scene.candidate));
        var primaryAt = all
                ? ACTING.stream().filter(it -> !OLD_PRIMARY_DOWN.contains(it)).toList()
                : List.of("enlist", "prepare", "demote", "tidy", "complete");
        atPhases("server of P is killed", primaryAt, (scene, phase) -> scene.killServer(scene.primary));
        atPhases("server of F is killed", List.of("demote", "follow"), (scene, phase) -> scene.killServer(scene.third));
        add("server of P is killed while it stops", "demote", Optional.of(false), scene -> {
            scene.beginUpTo("demote");
            try (var checkpointer = scene.primary.freeze("checkpointer")) {
                scene.goOn();
                scene.awaitStopping();
                scene.primary.postmaster().orElseThrow().destroyForcibly();
                // And the checkpointer: thawed, it would still take the last checkpoint, were it asked to already.
                LocalProcesses.of(scene.primary.data()).forEach(ProcessHandle::destroyForcibly);
            }
            scene.killed(scene.primary);
        });
    }

    // ---- what stands still for a while

    private void frozen() {
        frozen("service of S", List.of("demote", "promote"), it -> service(it.candidate));
        frozen("service of P", List.of("demote", "follow"), it -> service(it.primary));
        frozen("service of F", List.of("follow"), it -> service(it.third));
        frozen("server of S", List.of("prove", "promote"), it -> LocalProcesses.of(it.candidate.data()));
        frozen("server of P", List.of("demote"), it -> LocalProcesses.of(it.primary.data()));
    }

    private void frozen(String what, List<String> phases, Function<Scene, List<ProcessHandle>> processes) {
        atPhases(what + " stands still for a while", phases, (scene, phase) -> {
            scene.freeze(processes.apply(scene));
            scene.goOn();
            scene.lasts(LONG);
            scene.thaw();
        });
    }

    private static List<ProcessHandle> service(TestNode node) {
        return List.of(node.serviceProcess().orElseThrow());
    }

    // ---- the network

    private void networkCut() {
        cut(
                "S and P are cut off from each other",
                List.of("enlist", "demote", "prove", "follow"),
                scene -> scene.cluster.machines().cutBetween(scene.candidate.name(), scene.primary.name()));
        cut(
                "what S sends to P is lost",
                List.of("demote"),
                scene -> scene.cluster.machines().cut(scene.candidate.name(), scene.primary.name()));
        cut(
                "what P sends to S is lost",
                List.of("demote", "follow"),
                scene -> scene.cluster.machines().cut(scene.primary.name(), scene.candidate.name()));
    }

    private void cut(String fault, List<String> phases, java.util.function.Consumer<Scene> cut) {
        atPhases(fault, phases, (scene, phase) -> {
            cut.accept(scene);
            scene.goOn();
            scene.lasts(LONG);
            scene.cluster.machines().mendNetwork();
        });
    }

    // ---- disks

    private void disksFull() {
        full("state disk of S is full", List.of("prove", "promote"), it -> it.candidate.fillStateDisk());
        full("state disk of P is full", List.of("demote"), it -> it.primary.fillStateDisk());
        full("data disk of P is full", List.of("checkpoint", "demote"), it -> it.primary.fillDataDisk());
        full("data disk of S is full", List.of("promote"), it -> it.candidate.fillDataDisk());
    }

    private void full(String fault, List<String> phases, java.util.function.Consumer<Scene> fill) {
        atPhases(fault + " for a while", phases, (scene, phase) -> {
            fill.accept(scene);
            scene.goOn();
            scene.lasts(Duration.ofSeconds(2));
            scene.cluster.machines().makeRoom();
            scene.killed(scene.primary, scene.candidate); // A server without room for its WAL ends by itself.
        });
    }

    // ---- clocks

    private void clocksSet() {
        clock("clock of S is put back", it -> it.candidate, HOUR.negated());
        clock("clock of S is put forward", it -> it.candidate, HOUR);
        clock("clock of P is put back", it -> it.primary, HOUR.negated());
        clock("clock of P is put forward", it -> it.primary, HOUR);
    }

    private void clock(String fault, Function<Scene, TestNode> where, Duration ahead) {
        atPhases(
                fault + " by an hour",
                List.of("prove"),
                (scene, phase) -> where.apply(scene).points().setClock(ahead));
    }

    // ---- how they are made

    /** A fault that happens while the driver stands still before the action of a phase. */
    private void atPhases(String fault, List<String> chosen, BiConsumer<Scene, String> happens) {
        for (var phase : all && !fault.startsWith("server of P") ? ACTING : chosen) {
            add(fault, phase, Optional.empty(), scene -> {
                scene.beginUpTo(phase);
                happens.accept(scene, phase);
                scene.goOn();
            });
        }
    }

    private void add(String fault, String phase, Optional<Boolean> committed, Cell.Strike strike) {
        cells.add(new Cell(fault, phase, committed, strike));
    }
}

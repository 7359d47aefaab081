package dev.estafet.switchover;

import dev.estafet.node.NodeReport;
import dev.estafet.node.NodeReport.Server;
import dev.estafet.node.NodeReport.SlotState;
import dev.estafet.node.NodeState;
import dev.estafet.node.Role;
import dev.estafet.node.RoleSettings;
import dev.estafet.pgbouncer.PoolerState;
import dev.estafet.postgres.ServerVersion;
import dev.estafet.postgres.SynchronousStandbyNames;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/**
 * What preflight judges: nothing but data, so that every check can be tested without a server.
 *
 * @param reports of all members, fresh
 * @param candidate who is to become primary
 * @param maxLagBytes replay lag allowed
 * @param excluded members that the caller leaves out
 * @param cascadesAreKept whether a standby that streams from another standby goes on so
 * @param addresses {@code host:port} of each member's PostgreSQL
 * @param loginFailures why nodes that will follow the candidate cannot log in to it for replication
 * @param missingLibraries that the primary's databases use and the candidate's server does not have
 * @param poolers that the caller does not leave out
 * @param poolerObstacles why a pooler could not be led to the candidate, or that not be seen, by its name
 */
record Situation(
        SequencedMap<String, NodeReport> reports,
        String candidate,
        long maxLagBytes,
        List<String> excluded,
        boolean cascadesAreKept,
        Map<String, String> addresses,
        Map<String, String> loginFailures,
        List<String> missingLibraries,
        List<PoolerState> poolers,
        Map<String, String> poolerObstacles) {

    /** One that does not answer has no clients to hold back. */
    List<String> poolersToPause() {
        return poolers.stream()
                .filter(PoolerState::answers)
                .map(PoolerState::name)
                .toList();
    }

    /** Members whose server runs as primary. */
    List<String> primaries() {
        return reports.entrySet().stream()
                .filter(entry -> entry.getValue().state().isRunningPrimary())
                .map(Map.Entry::getKey)
                .toList();
    }

    /** The only primary; ask only where that is known. */
    String primary() {
        return primaries().getFirst();
    }

    /** All members but the candidate. */
    List<String> others() {
        return reports.keySet().stream().filter(name -> !name.equals(candidate)).toList();
    }

    /** Those that follow the candidate right away, the old primary too. */
    List<String> followers() {
        return others().stream()
                .filter(name -> !absent().contains(name) && !isKeptCascade(name))
                .toList();
    }

    /** Those that cannot follow now: they are excluded, or are standbys whose server is down. */
    List<String> absent() {
        return others().stream()
                .filter(name -> excluded.contains(name) || isStandbyThatIsDown(name))
                .toList();
    }

    /** Those that take part: their servers answer and they are not excluded. */
    List<String> present() {
        return reports.keySet().stream()
                .filter(name -> answers(name) && !excluded.contains(name))
                .toList();
    }

    /** Its service says so; a member whose service is silent may be anything. */
    private boolean isStandbyThatIsDown(String name) {
        return !answers(name) && state(name).role() == Role.STANDBY;
    }

    private boolean isKeptCascade(String name) {
        var upstream = state(name).upstream();
        return cascadesAreKept
                && upstream != null
                && addresses.entrySet().stream()
                        .filter(member -> member.getValue().equals(upstream))
                        .anyMatch(member -> state(member.getKey()).role() == Role.STANDBY);
    }

    /** Names of the primary's logical slots that are to be kept over a failover; 17 and newer. */
    List<String> failoverSlots() {
        return primaryServer().slots().stream()
                .filter(slot -> slot.isLogical() && Boolean.TRUE.equals(slot.failover()))
                .map(SlotState::name)
                .toList();
    }

    /** What the candidate's {@code synchronous_standby_names} have to be as primary, by what the old primary has. */
    SynchronousStandbyNames synchronousStandbyNames() {
        return new SynchronousStandbyNames(primaryServer().setting(RoleSettings.SYNCHRONOUS_STANDBY_NAMES))
                .withRolesChanged(primary(), candidate);
    }

    NodeState state(String name) {
        return report(name).state();
    }

    boolean answers(String name) {
        return report(name).running().isPresent();
    }

    Server server(String name) {
        return report(name).running().orElseThrow();
    }

    NodeState primaryState() {
        return state(primary());
    }

    NodeState candidateState() {
        return state(candidate);
    }

    Server primaryServer() {
        return server(primary());
    }

    Server candidateServer() {
        return server(candidate);
    }

    ServerVersion versionOf(String name) {
        return Objects.requireNonNull(state(name).version(), name);
    }

    private NodeReport report(String name) {
        return Objects.requireNonNull(reports.get(name), name);
    }
}

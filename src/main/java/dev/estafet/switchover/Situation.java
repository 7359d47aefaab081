package dev.estafet.switchover;

import dev.estafet.node.NodeReport;
import dev.estafet.node.NodeReport.Server;
import dev.estafet.node.NodeState;
import dev.estafet.postgres.ServerVersion;
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
 * @param addresses {@code host:port} of each member's PostgreSQL
 * @param loginFailures why nodes that will follow the candidate cannot log in to it for replication
 * @param missingLibraries that the primary's databases use and the candidate's server does not have
 */
record Situation(
        SequencedMap<String, NodeReport> reports,
        String candidate,
        long maxLagBytes,
        Map<String, String> addresses,
        Map<String, String> loginFailures,
        List<String> missingLibraries) {

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

    /** All members but the candidate: they follow it afterwards, the old primary too. */
    List<String> followers() {
        return reports.keySet().stream().filter(name -> !name.equals(candidate)).toList();
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

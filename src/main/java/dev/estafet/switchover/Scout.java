package dev.estafet.switchover;

import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Cascades;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.node.Inventory.DatabaseContent;
import dev.estafet.node.Node;
import dev.estafet.node.NodeReport;
import dev.estafet.pgbouncer.Poolers;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Gathers what {@link Preflight} judges; asks, and changes nothing. */
@Singleton
final class Scout {

    private final Cluster cluster;
    private final ClusterView view;
    private final Cascades cascades;

    private final Poolers poolers;

    Scout(EstafetConfig config, Cluster cluster, ClusterView view, Poolers poolers) {
        this.cascades = config.replication().cascades();
        this.view = view;
        this.poolers = poolers;
        this.cluster = cluster;
    }

    Situation situation(String candidate, long maxLagBytes, List<String> excluded) {
        var reports = view.reports();
        var addresses = new TreeMap<String, String>();
        cluster.names().forEach(name -> addresses.put(name, cluster.address(name)));
        var answering = reports.entrySet().stream()
                .filter(entry -> entry.getValue().running().isPresent())
                .map(Map.Entry::getKey)
                .filter(name -> !excluded.contains(name))
                .toList();
        var inFront = poolers.look().stream()
                .filter(it -> !excluded.contains(it.name()))
                .toList();
        return new Situation(
                reports,
                candidate,
                maxLagBytes,
                excluded,
                cascades == Cascades.KEEP,
                addresses,
                answering.contains(candidate) ? loginFailures(answering, candidate) : Map.of(),
                missingLibraries(reports, answering, candidate),
                inFront,
                poolers.obstacles(inFront, String.valueOf(view.state(candidate).systemIdentifier())));
    }

    private Map<String, String> loginFailures(List<String> answering, String candidate) {
        var failures = new TreeMap<String, String>();
        var followers =
                answering.stream().filter(name -> !name.equals(candidate)).toList();
        cluster.onEach(
                        followers,
                        name -> cluster.ask(
                                name,
                                node -> Optional.ofNullable(
                                        node.tryReplicationLogin(candidate).failure())))
                .forEach((name, failure) -> failure.ifPresent(why -> failures.put(name, why)));
        return failures;
    }

    private List<String> missingLibraries(
            SequencedMap<String, NodeReport> reports, List<String> answering, String candidate) {
        var primary = reports.entrySet().stream()
                .filter(entry -> entry.getValue().state().isRunningPrimary())
                .findFirst();
        if (primary.isEmpty() || !answering.contains(candidate)) {
            return List.of();
        }
        var preload = primary.get().getValue().running().orElseThrow().setting("shared_preload_libraries");
        var preloaded = Stream.of(preload.split("\\s*,\\s*")).filter(name -> !name.isEmpty());
        var inventory = cluster.ask(primary.get().getKey(), Node::inventory);
        var used =
                inventory.databases().stream().map(DatabaseContent::libraries).flatMap(List::stream);
        var wanted = Stream.concat(preloaded, used).distinct().sorted().toList();
        return cluster.ask(candidate, node -> node.missingLibraries(wanted));
    }
}

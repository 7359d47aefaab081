package dev.estafet.failover;

import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Cascades;
import dev.estafet.ProblemException;
import dev.estafet.cluster.Cluster;
import dev.estafet.cluster.ClusterView;
import dev.estafet.node.Node;
import dev.estafet.node.WalEnd;
import dev.estafet.postgres.Sighting;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Gathers what preflight judges. */
@Singleton
final class Scout {

    private static final Logger LOG = Logger.getLogger(Scout.class);

    private final Cluster cluster;
    private final ClusterView view;
    private final Cascades cascades;

    Scout(EstafetConfig config, Cluster cluster, ClusterView view) {
        this.cascades = config.replication().cascades();
        this.cluster = cluster;
        this.view = view;
    }

    Situation situation(String candidate, List<String> excluded) {
        var addresses = new TreeMap<String, String>();
        cluster.names().forEach(name -> addresses.put(name, cluster.address(name)));
        var seen = new Situation(
                view.reports(), candidate, excluded, cascades == Cascades.KEEP, addresses, Map.of(), null);
        var old = seen.oldPrimary();
        return old == null || !seen.primaries().isEmpty()
                ? seen
                : seen.meeting(sightings(seen, old), measured(seen, old));
    }

    /** Each that answers looks: what the candidate cannot reach, another member or client may. */
    private Map<String, Sighting> sightings(Situation seen, String old) {
        var askers = Stream.concat(Stream.of(seen.candidate()), seen.standbys().stream())
                .filter(name -> !name.equals(old))
                .toList();
        var found = new TreeMap<String, Sighting>();
        cluster.onEach(askers, name -> asked(name, old))
                .forEach((name, it) -> it.ifPresent(met -> found.put(name, met)));
        return found;
    }

    private Optional<Sighting> asked(String name, String old) {
        try {
            return Optional.of(cluster.ask(name, node -> node.lookAt(old)));
        } catch (ProblemException failure) {
            LOG.warnf("%s cannot look at the server of %s: %s", name, old, failure.getMessage());
            return Optional.empty();
        }
    }

    private @Nullable WalEnd measured(Situation seen, String old) {
        return seen.isSilent(old) || seen.state(old).isReadable()
                ? null
                : endOfWal(old)
                        .filter(end -> end.systemIdentifier()
                                .equals(seen.candidateState().systemIdentifier()))
                        .orElse(null);
    }

    private Optional<WalEnd> endOfWal(String name) {
        try {
            return Optional.of(cluster.ask(name, Node::endOfWal));
        } catch (ProblemException failure) {
            LOG.warnf("The WAL of %s cannot be measured: %s", name, failure.getMessage());
            return Optional.empty();
        }
    }
}

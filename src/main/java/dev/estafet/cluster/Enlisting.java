package dev.estafet.cluster;

import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Binds nodes to one operation: the driver first, so that of two that begin at once one is refused, and released last, so
 * that a node that asks the driver meanwhile still finds the operation.
 */
public final class Enlisting {

    private static final Logger LOG = Logger.getLogger(Enlisting.class);

    private Enlisting() {}

    /** Has each of these members give its word; the first that refuses ends it. */
    public static void enlist(Cluster cluster, Collection<String> members, String operation) {
        driverFirst(cluster, members)
                .forEach(name -> cluster.tell(name, node -> node.enlist(operation, cluster.self())));
    }

    /** Releases each of these members; one that cannot be reached asks the driver itself once it is back. */
    public static void release(Cluster cluster, Collection<String> members, String operation) {
        driverFirst(cluster, members).reversed().forEach(name -> release(cluster, name, operation));
    }

    private static void release(Cluster cluster, String name, String operation) {
        try {
            cluster.tell(name, node -> node.release(operation));
        } catch (ProblemException failure) {
            if (failure.problem().kind() != Kind.PEER_UNREACHABLE) {
                throw failure;
            }
            LOG.warnf("%s cannot be released from %s and will ask by itself", name, operation);
        }
    }

    private static List<String> driverFirst(Cluster cluster, Collection<String> members) {
        return members.stream()
                .sorted(Comparator.comparing((String name) -> !name.equals(cluster.self()))
                        .thenComparing(Comparator.naturalOrder()))
                .toList();
    }
}

package dev.estafet.cluster;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Binds nodes to one operation: the driver first, so that of two that begin at once one is refused, and released last, so
 * that a node that asks the driver meanwhile still finds the operation.
 */
public final class Enlisting {

    private Enlisting() {}

    /** Has each of these members give its word; the first that refuses ends it. */
    public static void enlist(Cluster cluster, Collection<String> members, String operation) {
        driverFirst(cluster, members)
                .forEach(name -> cluster.tell(name, node -> node.enlist(operation, cluster.self())));
    }

    /** Releases each of these members. */
    public static void release(Cluster cluster, Collection<String> members, String operation) {
        driverFirst(cluster, members).reversed().forEach(name -> cluster.tell(name, node -> node.release(operation)));
    }

    private static List<String> driverFirst(Cluster cluster, Collection<String> members) {
        return members.stream()
                .sorted(Comparator.comparing((String name) -> !name.equals(cluster.self()))
                        .thenComparing(Comparator.naturalOrder()))
                .toList();
    }
}

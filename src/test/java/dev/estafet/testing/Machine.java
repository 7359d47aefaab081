package dev.estafet.testing;

import java.util.List;
import java.util.stream.Stream;

/**
 * Where a node's processes run: on this machine's loopback address, or in a network namespace.
 *
 * @param address at which its servers are reached
 * @param inside the words before a command that make it run there, in the same process
 * @param hasPoints whether the service on it can be halted and held at its {@link ServicePoints}
 */
record Machine(String address, List<String> inside, boolean hasPoints) {

    static final String LOOPBACK = "127.0.0.1";

    boolean isApart() {
        return !inside.isEmpty();
    }

    /** The command line that runs {@code command} there, as the servers' user. */
    List<String> command(List<String> command) {
        return Stream.concat(inside.stream(), ServerUser.command(command).stream())
                .toList();
    }

    String run(String... command) {
        return ServerUser.runAsCaller(command(List.of(command)));
    }
}

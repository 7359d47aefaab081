package dev.estafet.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The machines of a cluster whose nodes have to be told apart: each has an address, a disk for the server's data and one for
 * the service's state. Where that cannot be made, since the tests do not run as root, they all are this machine.
 */
public final class Machines implements AutoCloseable {

    private static final boolean POSSIBLE = ServerUser.isRoot() && mayUnshare();

    private final List<String> names;
    private final @Nullable Network network;
    private final Map<Path, Disk> disks = new HashMap<>();

    private final boolean havePoints;

    private Machines(List<String> names, boolean apart, boolean havePoints) {
        this.names = names;
        this.havePoints = havePoints;
        this.network = apart ? new Network(names.size()) : null;
    }

    /** All of them are this one. */
    static Machines here(List<String> names) {
        return new Machines(names, false, false);
    }

    /** As far as this one can make them. */
    static Machines apart(List<String> names) {
        return new Machines(names, canBeApart(), true);
    }

    /** Whether nodes can have a network and disks of their own here. */
    public static boolean canBeApart() {
        return POSSIBLE;
    }

    /** Root in a container may be denied namespaces and mounts. */
    private static boolean mayUnshare() {
        try {
            ServerUser.runAsCaller(List.of("unshare", "--net", "--mount", "ip", "link"));
            return true;
        } catch (RuntimeException denied) {
            return false;
        }
    }

    Machine of(int index) {
        return network == null
                ? new Machine(Machine.LOOPBACK, List.of(), havePoints)
                : new Machine(network.address(index + 1), network.on(index + 1), havePoints);
    }

    /** A directory that can be full; without disks of their own it is just one. */
    Path disk(Path directory) {
        if (network != null) {
            disks.put(directory, new Disk(directory));
        }
        return ServerUser.makeDirectory(directory);
    }

    void fill(Path directory) {
        Objects.requireNonNull(disks.get(directory), "no disk of its own").fill();
    }

    /** Makes room on all disks. */
    public void makeRoom() {
        disks.values().forEach(Disk::empty);
    }

    /** From now on nothing that the one sends reaches the other. */
    public void cut(String from, String to) {
        Objects.requireNonNull(network, "no network of their own").cut(names.indexOf(from) + 1, names.indexOf(to) + 1);
    }

    /** From now on the two hear nothing of each other. */
    public void cutBetween(String one, String other) {
        cut(one, other);
        cut(other, one);
    }

    /** Mends all cuts. */
    public void mendNetwork() {
        if (network != null) {
            network.mend();
        }
    }

    @Override
    public void close() {
        new ArrayList<>(disks.values()).forEach(Disk::close);
        disks.clear();
        if (network != null) {
            network.close();
        }
    }
}

package dev.estafet.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * A network of its own for the nodes of one cluster: each in a network namespace, joined by a router in another one, which
 * the tests reach as well. A cut is made in the router, so packets are lost without a word, as on a broken line. Takes
 * root, and {@code ip} and {@code nsenter}.
 */
final class Network implements AutoCloseable {

    private static final int ROUTER = 100;

    private final String id = "est%05d".formatted(ThreadLocalRandom.current().nextInt(100_000));
    private final String prefix = "10.%d.%d."
            .formatted(
                    ThreadLocalRandom.current().nextInt(200, 250),
                    ThreadLocalRandom.current().nextInt(256));
    private final int nodes;

    Network(int nodes) {
        this.nodes = nodes;
        ip(
                "netns add %s",
                "link add %1$sh type veth peer name eth netns %1$s",
                "addr add {254} peer {200} dev %1$sh",
                "link set %1$sh up",
                "route add {0}/24 via {200}");
        inRouter("link set lo up", "addr add {200} peer {254} dev eth", "link set eth up");
        ServerUser.runAsCaller(
                List.of("nsenter", "--net=/run/netns/" + id, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"));
        IntStream.rangeClosed(1, nodes).forEach(this::join);
    }

    private void join(int node) {
        ip(
                "netns add " + space(node),
                "link add n%1$d netns %2$s type veth peer name eth netns %2$s-%1$d".formatted(node, id));
        inRouter(
                "addr add {%d} peer {%d} dev n%d".formatted(ROUTER + node, node, node),
                "link set n%d up".formatted(node));
        in(
                space(node),
                "link set lo up",
                "addr add {%d} peer {%d} dev eth".formatted(node, ROUTER + node),
                "link set eth up",
                "route add default via {%d}".formatted(ROUTER + node));
    }

    /** The address of a node, from 1 on. */
    String address(int node) {
        return prefix + node;
    }

    /** The words before a command that make it run on that node, in the same process. */
    List<String> on(int node) {
        return List.of("nsenter", "--net=/run/netns/" + space(node), "--");
    }

    /** Loses every packet that goes from there to there; those of connections that are open, too. */
    void cut(int from, int to) {
        inRouter("rule add from {%d} to {%d} blackhole".formatted(from, to));
    }

    /** Mends all cuts. */
    void mend() {
        inRouter("rule flush", "rule add from all lookup main priority 32766");
    }

    @Override
    public void close() {
        IntStream.rangeClosed(1, nodes).forEach(node -> ip("netns del " + space(node)));
        ip("netns del %s");
    }

    private String space(int node) {
        return id + "-" + node;
    }

    private void inRouter(String... commands) {
        in(id, commands);
    }

    private void in(String space, String... commands) {
        run(List.of("ip", "-n", space), commands);
    }

    private void ip(String... commands) {
        run(List.of("ip"), commands);
    }

    private void run(List<String> ip, String... commands) {
        try {
            var batch = Files.createTempFile("estafet-ip-", ".batch");
            var text = new StringBuilder();
            for (var command : commands) {
                text.append(command.formatted(id).replaceAll("\\{(\\d+)\\}", prefix + "$1"))
                        .append('\n');
            }
            Files.writeString(batch, text);
            var words = new java.util.ArrayList<>(ip);
            words.addAll(List.of("-batch", batch.toString()));
            ServerUser.runAsCaller(words);
            Files.delete(batch);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}

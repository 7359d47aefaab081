package dev.estafet.bench;

import dev.estafet.testing.ServerUser;
import dev.estafet.testing.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;

/**
 * What the checks bear, {@code script/bench checks}: {@code wrk} against {@code /writable} and {@code /primary}, next
 * to {@code /liveness} of the same process, which asks next to nothing. During each run a
 * switchover takes the primary away from the node that is asked, or brings it back. Paths take turns, and the median of the
 * rounds counts, since the machine's other load comes and goes. The exit status is 0 if the goal is met.
 */
public final class Checks {

    private static final String TRIVIAL = "/liveness";
    private static final List<String> PATHS = List.of(TRIVIAL, "/writable", "/primary");
    private static final int ROUNDS = 5;
    private static final int CONNECTIONS = 32;
    private static final double GOAL = 0.9;

    private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
    private static final Pattern SLOWEST = Pattern.compile("99%\\s+([0-9.]+)(us|ms|s)");

    /** Of one run: requests a second, and the 99th percentile of their latency in milliseconds. */
    private record Figures(double rate, double slowest) {}

    private Checks() {}

    /** Takes no arguments. */
    public static void main(String[] arguments) {
        var met = false;
        try (var cluster = TestCluster.of("pg1", "pg2")) {
            cluster.startWithOnePrimary().setUpAll();
            PATHS.forEach(path -> wrk(cluster, path));
            var figures = new LinkedHashMap<String, List<Figures>>();
            for (int round = 0; round < ROUNDS; round++) {
                for (var path : PATHS) {
                    figures.computeIfAbsent(path, it -> new ArrayList<>()).add(underSwitchover(cluster, path));
                }
            }
            met = report(figures);
        }
        System.exit(met ? 0 : 1);
    }

    private static Figures underSwitchover(TestCluster cluster, String path) {
        var candidate = cluster.primary().name().equals("pg1") ? "pg2" : "pg1";
        var switchover = CompletableFuture.runAsync(() -> cluster.promote(candidate));
        var figures = wrk(cluster, path);
        switchover.join();
        return figures;
    }

    private static Figures wrk(TestCluster cluster, String path) {
        var output = ServerUser.run(
                "wrk",
                "-t1",
                "-c" + CONNECTIONS,
                "-d4s",
                "--latency",
                "-s",
                script(cluster).toString(),
                cluster.node("pg1").address() + path);
        var rate = RATE.matcher(output);
        var slowest = SLOWEST.matcher(output);
        if (!rate.find() || !slowest.find()) {
            throw new IllegalStateException(output);
        }
        var unit = Map.of("us", 1e-3, "ms", 1.0, "s", 1e3);
        return new Figures(
                Double.parseDouble(rate.group(1)),
                Double.parseDouble(slowest.group(1)) * Objects.requireNonNull(unit.get(slowest.group(2))));
    }

    /** Like HAProxy's {@code HEAD}, which wrk cannot read, {@code OPTIONS} wants the code alone: checks, not bodies, are compared. */
    private static Path script(TestCluster cluster) {
        try {
            return Files.writeString(cluster.directory().resolve("options.lua"), "wrk.method = \"OPTIONS\"\n");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Whether the goal is met. */
    private static boolean report(Map<String, List<Figures>> figures) {
        var trivial = median(Objects.requireNonNull(figures.get(TRIVIAL)).stream()
                .map(Figures::rate)
                .toList());
        System.out.printf("%n%-10s %12s %10s %8s%n", "path", "requests/s", "p99 ms", "ratio");
        var met = true;
        for (var each : figures.entrySet()) {
            var path = each.getKey();
            var all = each.getValue();
            var rate = median(all.stream().map(Figures::rate).toList());
            met &= rate / trivial >= GOAL;
            System.out.printf(
                    Locale.ROOT,
                    "%-10s %12.0f %10.1f %8.2f%n",
                    path,
                    rate,
                    median(all.stream().map(Figures::slowest).toList()),
                    rate / trivial);
        }
        System.out.printf(Locale.ROOT, "goal: a ratio of at least %.1f: %s%n", GOAL, met ? "met" : "not met");
        return met;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}

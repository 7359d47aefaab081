package dev.estafet.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.testing.RealServers;
import dev.estafet.testing.ServerUser;
import dev.estafet.testing.TestCluster;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * What the checks bear, run by {@code script/bench-checks}: {@code wrk} against {@code /writable} and {@code /primary}, next
 * to {@code /liveness} of the same process, which answers without a body and asks next to nothing. During each run a
 * switchover takes the primary away from the node that is asked, or brings it back. Paths take turns, and the median of the
 * rounds counts, since the machine's other load comes and goes.
 */
@RealServers
class ChecksBench {

    private static final String TRIVIAL = "/liveness";
    private static final List<String> PATHS = List.of(TRIVIAL, "/writable", "/primary");
    private static final int ROUNDS = 5;
    private static final int CONNECTIONS = 32;
    private static final double GOAL = 0.9;

    private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
    private static final Pattern SLOWEST = Pattern.compile("99%\\s+([0-9.]+)(us|ms|s)");

    /** Of one run: requests a second, and the 99th percentile of their latency in milliseconds. */
    private record Figures(double rate, double slowest) {}

    @Test
    void checksCostLittleMoreThanATrivialAnswer() {
        try (var cluster = TestCluster.of("pg1", "pg2")) {
            cluster.startWithOnePrimary().setUpAll();
            PATHS.forEach(path -> wrk(cluster, path));
            var figures = new LinkedHashMap<String, List<Figures>>();
            for (int round = 0; round < ROUNDS; round++) {
                for (var path : PATHS) {
                    figures.computeIfAbsent(path, it -> new ArrayList<>()).add(underSwitchover(cluster, path));
                }
            }
            report(figures);
        }
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
                cluster.node("pg1").address() + path);
        var rate = RATE.matcher(output);
        var slowest = SLOWEST.matcher(output);
        assertThat(rate.find() && slowest.find()).as(output).isTrue();
        var unit = Map.of("us", 1e-3, "ms", 1.0, "s", 1e3);
        return new Figures(
                Double.parseDouble(rate.group(1)),
                Double.parseDouble(slowest.group(1)) * Objects.requireNonNull(unit.get(slowest.group(2))));
    }

    private static void report(Map<String, List<Figures>> figures) {
        var trivial = median(Objects.requireNonNull(figures.get(TRIVIAL)).stream()
                .map(Figures::rate)
                .toList());
        System.out.printf("%n%-10s %12s %10s %8s%n", "path", "requests/s", "p99 ms", "ratio");
        var ratios = new LinkedHashMap<String, Double>();
        figures.forEach((path, all) -> {
            var rate = median(all.stream().map(Figures::rate).toList());
            ratios.put(path, rate / trivial);
            System.out.printf(
                    Locale.ROOT,
                    "%-10s %12.0f %10.1f %8.2f%n",
                    path,
                    rate,
                    median(all.stream().map(Figures::slowest).toList()),
                    rate / trivial);
        });
        assertThat(ratios.values()).as("goal: at least " + GOAL).allMatch(it -> it >= GOAL);
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}

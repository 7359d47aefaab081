package dev.estafet.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.estafet.bench.Conditions.Archiving;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@code script/bench}: switches over, again and again, and tells how long nothing could be written. */
public final class Bench {

    private static final Path LINES = Path.of("target/bench.jsonl");
    private static final Path TABLE = Path.of("target/bench.md");
    private static final Path PLOT = Path.of("target/bench.svg");

    private static final int TPS = 300;
    private static final int BUFFERS = 256;
    private static final List<Integer> SOME_BUFFERS = List.of(32, 128, 512, 1024);
    private static final List<Integer> SOME_RATES = List.of(0, 100, 300, 600, 1000);

    private final Options options;
    private final Pair pair;
    private final List<Round> rounds = new ArrayList<>();
    private final ObjectMapper json = new ObjectMapper()
            .registerModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);

    private Bench(Options options, Pair pair) {
        this.options = options;
        this.pair = pair;
    }

    /** Exits with 1 where rows were lost that Estafet switched over, and with 2 where the arguments make no sense. */
    public static void main(String[] arguments) throws IOException, InterruptedException, SQLException {
        if (List.of(arguments).contains("--help") || List.of(arguments).contains("-h")) {
            System.out.println(Options.USAGE);
            return;
        }
        Options options;
        try {
            options = Options.of(arguments);
        } catch (IllegalArgumentException wrong) {
            System.err.println(wrong.getMessage() + "\n" + Options.USAGE);
            System.exit(2);
            return;
        }
        Files.deleteIfExists(LINES);
        Files.deleteIfExists(TABLE);
        boolean lost;
        try (var pair = new Pair(options)) {
            var bench = new Bench(options, pair);
            if (options.sweep()) {
                bench.sweep();
            } else {
                bench.compare();
            }
            lost = bench.rounds.stream().anyMatch(it -> it.contender() == Contender.ESTAFET && it.lost() > 0);
        }
        System.exit(lost ? 1 : 0);
    }

    private void compare() throws IOException, SQLException {
        try {
            for (var tps : options.loads()) {
                for (var archiving : options.archiving()) {
                    measure(new Conditions(tps, archiving, BUFFERS));
                }
            }
        } finally {
            tell(new Report(rounds).markdown());
        }
        if (options.footprint()) {
            tell(new Footprint(pair.cluster().node("pg2")).markdown());
        }
    }

    private void sweep() throws IOException, SQLException {
        for (var buffers : SOME_BUFFERS) {
            measure(new Conditions(TPS, Archiving.OFF, buffers));
        }
        var byBuffers = List.copyOf(rounds);
        for (var tps : SOME_RATES) {
            measure(new Conditions(tps, Archiving.OFF, BUFFERS));
        }
        tell(new Report(rounds).markdown());
        Files.writeString(PLOT, Plot.of(byBuffers, rounds.subList(byBuffers.size(), rounds.size())));
        System.out.println("plot: " + PLOT);
    }

    /** The contenders take turns, so that all meet the same noise; every second time the other way round. */
    private void measure(Conditions conditions) throws IOException, SQLException {
        System.out.println(conditions);
        pair.restart(conditions);
        if (options.contenders().contains(Contender.ESTAFET)) {
            once(Contender.ESTAFET, conditions);
            once(Contender.ESTAFET, conditions);
        }
        for (int i = 0; i < options.rounds(); i++) {
            var order = i % 2 == 0 ? options.contenders() : options.contenders().reversed();
            for (var contender : order) {
                once(contender, conditions);
            }
        }
    }

    private void once(Contender contender, Conditions conditions) throws IOException, SQLException {
        var round = pair.measure(contender, conditions);
        rounds.add(round);
        Files.writeString(
                LINES, json.writeValueAsString(round) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        System.out.printf(
                Locale.ROOT,
                "  %-8s %6.0f ms%s%s%n",
                contender,
                round.gapMillis(),
                round.first() ? " (first since its start)" : "",
                round.lost() == 0 ? "" : " LOST " + round.lost());
    }

    private static void tell(String markdown) throws IOException {
        System.out.println();
        System.out.println(markdown);
        Files.writeString(TABLE, markdown + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}

package dev.estafet.bench;

import dev.estafet.bench.Conditions.Archiving;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What is measured.
 *
 * @param sweep whether conditions are varied, instead of contenders compared
 * @param loads transactions a second beside the writers, one after the other
 * @param retry of a writer that has no primary
 * @param scale of pgbench's tables
 * @param segment size of WAL files in MB
 * @param settings lines for both servers' configuration
 * @param footprint whether memory and start are measured too
 */
record Options(
        boolean sweep,
        int rounds,
        List<Contender> contenders,
        List<Integer> loads,
        List<Archiving> archiving,
        Duration retry,
        int scale,
        int segment,
        List<String> settings,
        boolean footprint) {

    static final String USAGE = """
            Usage: script/bench [switchover | sweep] [OPTION...]

            switchover   the write gap of a hand-tuned floor, of a person with pg_ctl and psql, and of Estafet (default)
            sweep        how the gap grows with shared_buffers and with the write rate: target/bench.svg

              --rounds N          of each contender under each conditions; 10, of a sweep 5
              --only NAME,NAME    of floor, by-hand, estafet
              --load TPS,TPS      transactions a second beside the writers; 300,0
              --archiving A,A     of off, directory, slow (a command that takes 2 s); all. What is named again is
                                  measured again and added, so that conditions take turns too
              --retry MILLIS      after which a writer without a primary tries again; 20
              --scale N           of pgbench's tables, 15 MB each; 20
              --segment MB        size of WAL files; 16
              --set NAME=VALUE    of both servers, with commas between, to see what it does to the gap
              --quick             3 rounds, under load only, archiving off and slow; no memory and start-up

            Prints tables, and writes them to target/bench.md, and each round to target/bench.jsonl.
            """;

    static Options of(String... arguments) {
        var words = new ArrayList<>(List.of(arguments));
        var sweep = words.remove("sweep");
        words.remove("switchover");
        var quick = words.remove("--quick");
        var options = new Options(
                sweep,
                rounds(words, quick, sweep),
                contenders(words, sweep),
                list(words, "--load", quick ? "300" : "300,0", Integer::valueOf),
                list(words, "--archiving", quick ? "off,slow" : "off,directory,slow", Options::archiving),
                Duration.ofMillis(Long.parseLong(value(words, "--retry", "20"))),
                Integer.parseInt(value(words, "--scale", "20")),
                Integer.parseInt(value(words, "--segment", "16")),
                list(words, "--set", "", line -> line).stream()
                        .filter(line -> !line.isEmpty())
                        .toList(),
                !quick && !sweep);
        if (!words.isEmpty()) {
            throw new IllegalArgumentException("not understood: " + String.join(" ", words));
        }
        return options;
    }

    private static int rounds(List<String> words, boolean quick, boolean sweep) {
        var usual = sweep ? "5" : "10";
        return Integer.parseInt(value(words, "--rounds", quick ? "3" : usual));
    }

    private static List<Contender> contenders(List<String> words, boolean sweep) {
        return list(
                words,
                "--only",
                sweep ? "floor,estafet" : "floor,by-hand,estafet",
                name -> Contender.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_')));
    }

    private static Archiving archiving(String name) {
        return Archiving.valueOf(name.toUpperCase(Locale.ROOT));
    }

    private static <T> List<T> list(List<String> words, String option, String usual, Function<String, T> each) {
        return Stream.of(value(words, option, usual))
                .map(it -> it.split(","))
                .flatMap(Arrays::stream)
                .map(each)
                .toList();
    }

    private static String value(List<String> words, String option, String usual) {
        var at = words.indexOf(option);
        if (at < 0) {
            return usual;
        }
        if (at + 1 == words.size()) {
            throw new IllegalArgumentException(option + " needs a value");
        }
        words.remove(at);
        return words.remove(at);
    }
}
